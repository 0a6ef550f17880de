// Alerts: what fires, what waits, what is silenced, what was; and silences, set from here.

import { h, replace, name, agentLink, badge, panel, table, button, field, select, problem, notice } from './dom.js';
import { get, send, query } from './api.js';
import { since, moment, span, duration, severities } from './format.js';
import { remember } from './app.js';

export const title = () => 'Alerts';

const tabs = [['firing', 'Firing'], ['pending', 'Pending'], ['silenced', 'Silenced'], ['history', 'History'], ['silences', 'Silences']];
const own = new Set(['alertname', 'severity', 'agent_id']);

const rank = (severity) => { const place = severities.indexOf(severity); return place < 0 ? 9 : place; };

function labels(all) {
  return h('span', { class: 'labels' }, Object.entries(all).filter(([key]) => !own.has(key)).slice(0, 20).map(([key, value]) => h('span', { class: 'label' }, h('bdi', {}, key + '=' + String(value).slice(0, 200)))));
}

function agents(all) {
  return all.agent_id ? agentLink(all.agent_id) : h('span', { class: 'quiet' }, '–');
}

async function load(signal) {
  const [active, all, rules, silences] = await Promise.all([get('api/v2/alerts', null, signal), get('fleet/v1/alerts', { state: 'all' }, signal), query('alerts', null, signal), get('api/v2/silences', null, signal)]);
  return {
    firing: active.filter((one) => one.status.state !== 'suppressed'),
    silenced: active.filter((one) => one.status.state === 'suppressed'),
    pending: rules.alerts.filter((one) => one.state === 'pending'),
    history: all.alerts,
    silences: silences.filter((one) => one.status.state !== 'expired'),
  };
}

function silencedBy(alert, silences) {
  const ids = alert.status.silencedBy ?? [];
  const found = silences.find((one) => ids.includes(one.id));
  if (found) return ['Silenced by ', name(found.createdBy), ' until ' + moment(found.endsAt) + ': ', h('bdi', {}, found.comment)];
  return alert.status.inhibitedBy?.length ? 'Inhibited by another alert.' : 'Muted by its time.';
}

function firingTable(list, page, what) {
  const rows = [...list].sort((a, b) => rank(a.labels.severity) - rank(b.labels.severity) || Date.parse(a.startsAt) - Date.parse(b.startsAt));
  return table(what, ['Alert', 'Severity', 'Agent', 'Since', 'What', ''], rows.map((one) => ({ properties: { 'data-test': 'alert' }, cells: [
    name(one.labels.alertname), badge(one.labels.severity ?? 'info'), agents(one.labels), h('span', { 'data-since': one.startsAt }, since(one.startsAt)),
    [h('bdi', {}, one.annotations.description ?? one.annotations.summary ?? ''), labels(one.labels), what === 'Silenced' && h('p', { class: 'quiet' }, silencedBy(one, page.data.silences))],
    page.context.mayOperate && what === 'Firing' ? button('Silence', () => page.silence(one.labels), { class: 'plain', 'data-test': 'silence' }) : '',
  ] })), what === 'Firing' ? 'No alert fires.' : 'None.');
}

function pendingTable(list) {
  return table('Pending', ['Alert', 'Severity', 'Agent', 'For', 'Labels'], list.map((one) => ({ properties: { 'data-test': 'pending' }, cells: [
    name(one.labels.alertname), badge(one.labels.severity ?? 'info'), agents(one.labels), since(one.activeAt), labels(one.labels)] })), 'Nothing waits to fire.');
}

// A line an alert, a bar for each time that it fired.
function timeline(list) {
  const groups = new Map();
  for (const one of list) {
    const key = one.alert_name + ' ' + one.affected_agents.join(' ');
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(one);
  }
  if (!groups.size) return h('p', { class: 'quiet' }, 'No alert has fired yet.');
  const end = Date.now();
  const start = Math.min(end - 3600e3, ...list.map((one) => Date.parse(one.timestamp)));
  const place = (time) => (100 * (time - start)) / (end - start);
  const lines = [...groups.values()].sort((a, b) => Date.parse(b[0].timestamp) - Date.parse(a[0].timestamp)).slice(0, 60);
  return [h('p', { class: 'quiet scale' }, h('span', {}, moment(start)), h('span', {}, 'now')), h('ul', { class: 'timeline', 'data-test': 'timeline' }, lines.map((firings) => h('li', {},
    h('span', { class: 'who' }, name(firings[0].alert_name), ' ', firings[0].affected_agents.slice(0, 3).map((agent) => [name(agent), ' '])),
    h('span', { class: 'track', role: 'img', 'aria-label': firings.length + ' times, last ' + moment(firings[0].timestamp) }, firings.map((one) => {
      const [from, to] = [Date.parse(one.timestamp), one.resolved ? Date.parse(one.resolution_timestamp) : end];
      const bar = h('span', { class: 'firing is-' + one.severity, title: moment(from) + ', for ' + span((to - from) / 1000) + (one.resolved ? '' : ', still firing') });
      bar.style.left = place(from) + '%';
      bar.style.width = Math.max(0.4, place(to) - place(from)) + '%';
      return bar;
    })))))];
}

function historyTable(list) {
  return table('History', ['Alert', 'Severity', 'Agents', 'Fired', 'Lasted', 'What'], list.slice(0, 200).map((one) => [name(one.alert_name), badge(one.severity),
    one.affected_agents.slice(0, 5).map((agent) => [agentLink(agent), ' ']), moment(one.timestamp), one.resolved ? span((Date.parse(one.resolution_timestamp) - Date.parse(one.timestamp)) / 1000) : 'fires', h('bdi', {}, one.description)]), 'No alert has fired yet.');
}

function silencesTable(list, page) {
  return table('Silences', ['What it silences', 'By', 'Until', 'Comment', ''], list.map((one) => ({ properties: { 'data-test': 'silence-row' }, cells: [
    h('bdi', {}, one.matchers.map((matcher) => matcher.name + (matcher.isEqual === false ? (matcher.isRegex ? '!~' : '!=') : matcher.isRegex ? '=~' : '=') + JSON.stringify(matcher.value)).join(', ')),
    name(one.createdBy), moment(one.endsAt) + (one.status.state === 'pending' ? ' (from ' + moment(one.startsAt) + ')' : ''), h('bdi', {}, one.comment),
    page.context.mayOperate ? button('Expire', async () => {
      try { await send('DELETE', 'api/v2/silence/' + encodeURIComponent(one.id)); notice('The silence is over.'); } catch (error) { notice(error.message, 'bad'); }
      page.again().catch(() => {});
    }, { class: 'plain', 'data-test': 'expire' }) : ''] })), 'No silence is set.');
}

// `name="value"` with =, !=, =~ or !~, separated by commas.
export function matchers(text) {
  const found = [];
  const pattern = /\s*([\p{L}_][\p{L}\p{N}_.:-]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,"]*)\s*(,|$)/uy;
  let place = 0;
  while (place < text.trimEnd().length) {
    pattern.lastIndex = place;
    const match = pattern.exec(text);
    if (!match) throw new Error('Not understood from “' + text.slice(place, place + 30) + '”: write name="value", with =, !=, =~ or !~, separated by commas.');
    let value = match[3].trim();
    if (value.startsWith('"')) { try { value = JSON.parse(value); } catch { throw new Error('The value ' + value + ' is not a whole string in quotes.'); } }
    found.push({ name: match[1], value, isRegex: match[2].endsWith('~'), isEqual: !match[2].startsWith('!') });
    place = pattern.lastIndex;
  }
  if (!found.length) throw new Error('Say what to silence: name="value".');
  return found;
}

function silenceDialog(page, from) {
  const what = h('textarea', { rows: '3', required: true, 'data-test': 'silence-matchers', spellcheck: 'false' });
  what.value = Object.entries(from ?? {}).map(([key, value]) => key + '=' + JSON.stringify(value)).join(', ');
  const long = h('input', { value: '2h', required: true, 'data-test': 'silence-duration', size: '8' });
  const by = h('input', { value: 'console', required: true, 'data-test': 'silence-by' });
  const comment = h('input', { required: true, 'data-test': 'silence-comment', placeholder: 'why' });
  const trouble = h('div', { 'aria-live': 'assertive' });
  const dialog = h('dialog', { 'aria-labelledby': 'silence-title', 'data-test': 'silence-dialog' }, h('form', { onsubmit: async (event) => {
    event.preventDefault();
    try {
      const length = duration(long.value.trim());
      if (!length) throw new Error('“' + long.value + '” is not a duration: write 30m, 2h or 1d.');
      const now = Date.now();
      await send('POST', 'api/v2/silences', { matchers: matchers(what.value), startsAt: new Date(now).toISOString(), endsAt: new Date(now + length * 1000).toISOString(), createdBy: by.value, comment: comment.value });
      dialog.close();
      notice('The silence is set.');
      page.again().catch(() => {});
    } catch (error) { replace(trouble, problem(error)); }
  } }, h('h2', { id: 'silence-title' }, 'Silence alerts'), field('Those with', what), field('For', long), field('By', by), field('Because', comment), trouble,
  h('div', { class: 'bar' }, h('button', { type: 'submit', class: 'main', 'data-test': 'silence-send' }, 'Silence'), button('Cancel', () => dialog.close()))));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  page.context.signal.addEventListener('abort', () => dialog.remove());
  dialog.showModal();
  (from ? comment : what).focus();
}

export async function show(main, place, context) {
  const page = {
    context,
    data: await load(context.signal),
    silence: (from) => silenceDialog(page, from),
    async again() { page.data = await load(context.signal); draw(); },
  };
  let tab = tabs.some(([key]) => key === place.query.get('state')) ? place.query.get('state') : 'firing';
  let receiver = place.query.get('receiver') ?? '';
  let agent = place.query.get('agent') ?? '';
  const list = h('div', {});
  const bar = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Which alerts' });
  const receivers = await get('api/v2/receivers', null, context.signal).catch(() => []);
  const ofReceiver = select([['', 'all receivers'], ...receivers.map((one) => [one.name, one.name])], receiver, { 'aria-label': 'Receiver', 'data-test': 'receiver', onchange: () => { receiver = ofReceiver.value; remember({ receiver }); draw(); } });
  const ofAgent = h('input', { type: 'search', value: agent, placeholder: 'agent or label', 'aria-label': 'Agent or label', oninput: () => { agent = ofAgent.value; remember({ agent }); draw(); } });
  const fits = (all) => !agent || Object.values(all).some((value) => String(value).includes(agent));
  const chosen = (key) => {
    const found = page.data[key];
    if (key === 'history') return found.filter((one) => fits({ ...one.labels, name: one.alert_name, agents: one.affected_agents.join(' ') }));
    if (key === 'silences') return found;
    return found.filter((one) => fits(one.labels) && (!receiver || !one.receivers || one.receivers.some((other) => other.name === receiver)));
  };
  const choose = (key) => { tab = key; remember({ state: key }); draw(); bar.querySelector('[aria-selected=true]').focus(); };
  const draw = () => {
    replace(bar, tabs.map(([key, text], index) => h('button', { type: 'button', role: 'tab', id: 'tab-' + key, 'aria-selected': String(tab === key), 'aria-controls': 'alerts-list', tabindex: tab === key ? '0' : '-1', 'data-test': 'tab-' + key,
      onclick: () => choose(key), onkeydown: (event) => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (by) choose(tabs[(index + by + tabs.length) % tabs.length][0]);
      } }, text, ' ', h('span', { class: 'count' }, String(chosen(key).length)))));
    const data = chosen(tab);
    list.setAttribute('aria-labelledby', 'tab-' + tab);
    if (tab === 'firing') replace(list, firingTable(data, page, 'Firing'));
    else if (tab === 'silenced') replace(list, firingTable(data, page, 'Silenced'));
    else if (tab === 'pending') replace(list, pendingTable(data));
    else if (tab === 'history') replace(list, panel('When what fired', {}, timeline(data)), historyTable(data));
    else replace(list, silencesTable(data, page));
  };
  list.id = 'alerts-list';
  list.setAttribute('role', 'tabpanel');
  main.append(h('div', { class: 'head' }, h('h1', {}, 'Alerts'), context.mayOperate && button('Set a silence', () => page.silence(agent ? { agent_id: agent } : null), { class: 'main', 'data-test': 'new-silence' })), h('div', { class: 'bar' }, bar, ofAgent, ofReceiver), list);
  draw();
  context.onEvent((kind) => { if (kind === 'alert' || kind === 'again') page.again().catch(() => {}); });
  context.every(10, () => page.again());
}
