// What was brought out when, by whom, and what changed between two deployments; how one that runs gets on.

import { h, replace, name, agentLink, badge, panel, table, field, select, problem } from './dom.js';
import { get } from './api.js';
import { ago, moment, span, milliseconds, share } from './format.js';
import { remember } from './app.js';

export const title = (place) => (place.parts[0] ? 'Deployment ' + place.parts[0] : 'Deployments');

const done = new Set(['ready', 'unchanged', 'deployed', 'running', 'removed']);

function lasted(one) {
  return one.ended_at ? span((Date.parse(one.ended_at) - Date.parse(one.started_at)) / 1000) : 'since ' + ago(one.started_at);
}

// What agents of two deployments differ in; `before` may be missing.
export function changes(before, after) {
  const agents = [...new Set([...Object.keys(before?.agents ?? {}), ...Object.keys(after.agents)])].sort();
  return agents.flatMap((agent) => {
    const [old, now] = [before?.agents[agent], after.agents[agent]];
    if (!old) return [{ agent, what: 'added', from: null, to: now }];
    if (!now) return [{ agent, what: 'removed', from: old, to: null }];
    if (old.revision !== now.revision || old.image !== now.image) return [{ agent, what: 'changed', from: old, to: now }];
    return [];
  });
}

const state = (one) => [badge(one.state, one.state.replaceAll('_', ' ')), one.rollback_of && [' ', h('span', { class: 'quiet' }, 'back to ', name(one.rollback_of))]];

function list(all) {
  return table('Deployments', ['Deployment', 'State', 'System', 'By', 'Began', 'Took', 'Agents changed'], all.map((one, place) => {
    const changed = changes(all.slice(place + 1).find((other) => other.system === one.system), one);
    return { properties: { 'data-test': 'deployment' }, cells: [h('a', { href: '#/deployments/' + encodeURIComponent(one.deployment_id) }, name(one.deployment_id)), state(one), name(one.system), name(one.by), moment(one.started_at), lasted(one), String(changed.length) + ' of ' + Object.keys(one.agents).length] };
  }), 'No deployment yet. They come from skep up, which starts the agents of a system file, and from skep deploy apply, where this server watches the cluster (--discover-pods).');
}

function progress(one) {
  const agents = Object.entries(one.agents);
  const ready = agents.filter(([, agent]) => done.has(agent.status)).length;
  const bar = h('span', { class: 'bar-fill' });
  bar.style.width = (agents.length ? (100 * ready) / agents.length : 100) + '%';
  return h('div', { class: 'meter wide', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': String(agents.length), 'aria-valuenow': String(ready), 'aria-label': 'Agents in place', 'data-test': 'progress' }, bar, h('span', {}, ready + ' of ' + agents.length + ' agents in place'));
}

function difference(before, after) {
  const found = changes(before, after);
  const one = (agent) => (agent ? [name(agent.revision), h('br', {}), h('span', { class: 'quiet' }, h('bdi', {}, agent.image))] : '–');
  return table('Changes', ['Agent', 'Change', 'Before', 'After'], found.map((change) => ({ properties: { 'data-test': 'change' }, cells: [agentLink(change.agent), badge(change.what), one(change.from), one(change.to)] })), 'The agents are the same.');
}

// What changed in the requests: the half hour before it began beside the time since it ended.
async function effect(one, signal) {
  if (!one.ended_at) return h('p', { class: 'quiet' }, 'Shown when it has ended.');
  const end = new Date(Math.min(Date.now(), Date.parse(one.ended_at) + 1800e3)).toISOString();
  const answer = await get('fleet/v1/traces/compare', { start: one.ended_at, end, baseline_end: one.started_at }, signal);
  const rows = answer.operations.filter((row) => row.changed);
  const pair = (a, b) => [a, ' → ', h('b', {}, b)];
  return table('Requests before and after', ['Operation', 'Agent', 'p95', 'Failed', 'What changed'], rows.slice(0, 50).map((row) => [name(row.operation), agentLink(row.agent_id), pair(milliseconds(row.before.latency_ms.p95), milliseconds(row.after.latency_ms.p95)), pair(share(row.before.error_share), share(row.after.error_share)),
    ['rate', 'errors', 'latency'].filter((key) => row[key].changed).join(', ')]), 'No operation changed beyond noise, or there are too few traces to tell.');
}

async function whole(main, all, one, place, context) {
  const others = all.filter((other) => other.system === one.system && other.deployment_id !== one.deployment_id);
  const before = others.find((other) => other.deployment_id === place.query.get('beside')) ?? others.find((other) => Date.parse(other.started_at) < Date.parse(one.started_at));
  const changed = h('div', { 'data-test': 'difference' });
  const requests = h('div', {});
  const picker = select([['', 'nothing'], ...others.map((other) => [other.deployment_id, other.deployment_id + ', ' + moment(other.started_at)])], before?.deployment_id ?? '', { 'data-test': 'beside', onchange: () => { remember({ beside: picker.value }); draw(); } });
  const draw = () => replace(changed, difference(others.find((other) => other.deployment_id === picker.value), one));
  draw();
  main.append(h('div', { class: 'head' }, h('h1', {}, name(one.deployment_id)), state(one), h('span', { class: 'quiet' }, 'by ', name(one.by), ', ' + moment(one.started_at) + ', ' + lasted(one))),
    progress(one), panel('What changed', {}, field('beside', picker), changed),
    panel('Agents', {}, table('Agents', ['Agent', 'State', 'Revision', 'Image'], Object.entries(one.agents).sort().map(([agent, part]) => [agentLink(agent), badge(part.status), name(part.revision), h('bdi', {}, part.image)]))),
    panel('Requests before and after', {}, requests));
  try { replace(requests, await effect(one, context.signal)); } catch (error) { if (error.name !== 'AbortError') replace(requests, problem(error)); }
}

export async function show(main, place, context) {
  const load = async () => (await get('fleet/v1/deployments', { limit: 200 }, context.signal)).deployments;
  const content = h('div', {});
  const draw = async () => {
    const all = await load();
    const id = place.parts[0];
    if (!id) { replace(content, h('h1', {}, 'Deployments'), all[0] && !all[0].ended_at && panel('Under way', {}, h('p', {}, name(all[0].deployment_id)), progress(all[0])), list(all)); return all; }
    const one = all.find((other) => other.deployment_id === id);
    replace(content);
    if (one) await whole(content, all, one, place, context);
    else content.append(h('h1', {}, name(id)), problem('There is no such deployment among the last 200.'), h('p', {}, h('a', { href: '#/deployments' }, 'To the list')));
    return one ? [one] : [];
  };
  main.append(content);
  let shown = await draw();
  context.every(3, async () => {
    // What has ended stays as it is: only the list and what is under way are drawn again.
    if (place.parts[0] && shown[0]?.ended_at) return;
    if (content.contains(document.activeElement)) return;
    shown = await draw();
  });
}
