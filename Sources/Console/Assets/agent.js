// One agent: how it fares and why, its figures, instances, alerts, requests and log.

import { h, replace, name, badge, panel, table, button, problem, select, field } from './dom.js';
import { get, getText, range, query, quoted } from './api.js';
import { number, percent, rate, share, bytes, seconds, milliseconds, since, ago, moment } from './format.js';
import { remember } from './app.js';
import { scoreClass } from './fleet.js';
import { Chart, lines } from './chart.js';

export const title = (place) => place.parts[0] ?? 'Agent';

const windows = [['900', '15 minutes'], ['3600', 'an hour'], ['21600', '6 hours'], ['86400', 'a day'], ['604800', 'a week']];

// What is drawn of each agent that has it; `of` makes the expression from the agent's matcher and the window of rates.
const plots = [
  { title: 'CPU, percent', of: (agent) => 'system_cpu_usage{' + agent + '}', format: percent, least: 10, key: 'instance' },
  { title: 'Memory, percent', of: (agent) => 'system_memory_usage{' + agent + '}', format: percent, least: 10, key: 'instance' },
  { title: 'Resident memory', of: (agent) => 'process_resident_memory_bytes{' + agent + '}', format: bytes, key: 'instance' },
  { title: 'Spans a second by outcome', of: (agent, window) => 'sum by (status_code) (rate(traces_span_metrics_calls_total{' + agent + '}[' + window + ']))', format: rate, key: 'status_code' },
  { title: 'Failed calls of others', of: (agent, window) => 'sum by (client) (rate(traces_service_graph_request_failed_total{' + agent + '}[' + window + ']))', format: rate, key: 'client' },
  { title: 'Latency p50, p95, p99', of: (agent, window) => [0.5, 0.95, 0.99].map((quantile) => 'label_replace(histogram_quantile(' + quantile + ', sum(rate(traces_service_graph_request_server_seconds{' + agent + '}[' + window + ']))), "of", "p' + quantile * 100 + '", "", "")').join(' or '), format: seconds, key: 'of' },
  { title: 'Tokens a second', of: (agent, window) => 'sum by (direction, model) (rate(agent_tokens_total{' + agent + '}[' + window + ']))', format: rate, key: 'direction' },
  { title: 'Network bytes a second', of: (agent) => '{__name__=~"network_bytes_recv|network_bytes_sent",' + agent + '}', format: bytes, key: '__name__' },
];

const words = (metric, key) => [metric[key], ...Object.entries(metric).filter(([label]) => label !== key && !['agent_id', '__name__'].includes(label) && key !== 'instance').map(([, value]) => value)].filter(Boolean).join(' ') || 'all';

function health(agent, row, findings) {
  const parts = agent.score_parts ?? [];
  return h('div', { class: 'cards' },
    h('div', { class: 'card' }, h('span', { class: 'quiet' }, 'Health score'), h('b', { class: 'big score is-' + scoreClass(agent.health_score), 'data-test': 'score' }, String(agent.health_score)),
      parts.length ? h('ul', { class: 'parts' }, parts.map((part) => h('li', {}, part.reason, ' ', h('b', {}, String(part.points))))) : h('p', { class: 'quiet' }, 'Nothing costs it points.')),
    h('div', { class: 'card' }, h('span', { class: 'quiet' }, 'Last sign of life'), h('b', { class: 'big', 'data-since': agent.last_heartbeat ?? '' }, ago(agent.last_heartbeat)),
      agent.last_error ? h('p', { class: 'problem' }, h('bdi', {}, agent.last_error)) : h('p', { class: 'quiet' }, 'Registered ' + ago(agent.registration_time) + '.')),
    h('div', { class: 'card' }, h('span', { class: 'quiet' }, 'Requests'), h('b', { class: 'big' }, rate(row?.request_rate)),
      h('p', { class: 'quiet' }, share(row?.error_rate) + ' fail · p95 ' + seconds(row?.p95_seconds) + ' · ' + number(row?.runs_in_flight) + ' in flight')),
    h('div', { class: 'card' }, h('span', { class: 'quiet' }, 'What to do'), findings));
}

function advice(board, id) {
  const items = (board?.attention ?? []).filter((item) => item.agent_id === id).map((item) => [item.severity, item.what, item.next]);
  if (!items.length) return h('p', { class: 'quiet' }, 'Nothing needs doing.');
  return h('ul', { class: 'advice', 'data-test': 'advice' }, items.slice(0, 6).map(([severity, what, next]) => h('li', {}, badge(severity), ' ', h('bdi', {}, what), next && h('span', { class: 'next' }, h('bdi', {}, next)))));
}

class Figures {
  constructor(id, context, seconds_) {
    this.id = id;
    this.context = context;
    this.seconds = seconds_;
    this.charts = plots.map((plot) => new Chart({ title: plot.title, format: plot.format, least: plot.least ?? 0, height: 150 }));
    this.element = h('div', { class: 'plots', 'data-test': 'agent-plots' }, this.charts.map((chart) => chart.element));
  }

  async load() {
    const end = Math.floor(Date.now() / 1000);
    const step = Math.max(5, Math.ceil(this.seconds / 240));
    const window = Math.max(60, step * 4) + 's';
    const matcher = 'agent_id=' + quoted(this.id);
    await Promise.all(plots.map(async (plot, place) => {
      const chart = this.charts[place];
      try {
        const matrix = await range(plot.of(matcher, window), end - this.seconds, end, step, this.context.signal);
        chart.element.hidden = !matrix.length;
        chart.show(lines(matrix, (metric) => words(metric, plot.key)), end - this.seconds, end, step);
      } catch (error) {
        if (error.name === 'AbortError') throw error;
        chart.element.hidden = true;
      }
    }));
  }
}

function instances(agent, local) {
  const states = new Map(local.map((one) => ['127.0.0.1:' + one.port, one]));
  return table('Instances', ['Instance', 'Status', 'Last collection', { text: 'Series', number: true }, { text: 'Samples', number: true }, { text: 'Restarts', number: true }, 'Trouble'],
    agent.instances.map((one) => {
      const process = states.get(one.instance);
      return { properties: { 'data-test': 'instance' }, cells: [name(one.instance), [badge(one.status), process && process.state !== 'ready' && ' ' + process.state], ago(one.last_collection), number(one.series), number(one.samples_collected),
        process ? String(process.restarts) : '–', one.last_error ? h('bdi', { class: 'bad' }, one.last_error) : '–'] };
    }), 'No instance is known.');
}

function log(id, context) {
  const text = h('pre', { class: 'log', tabindex: '0', 'aria-label': 'Log', 'data-test': 'log' });
  const follows = h('input', { type: 'checkbox', checked: true });
  const load = async () => {
    if (!follows.checked && text.textContent) return;
    try {
      const content = await getText('fleet/v1/agents/' + encodeURIComponent(id) + '/logs', { lines: 200 }, context.signal);
      const atEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 40;
      if (content !== text.textContent) {
        text.textContent = content || 'The log is empty.';
        if (atEnd) text.scrollTop = text.scrollHeight;
      }
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      text.textContent = error.status === 404 ? 'Its log is not here: Skep keeps those of agents that it runs itself (skep up).' : error.message;
      follows.checked = false;
    }
  };
  context.every(3, load);
  load().catch(() => {});
  return panel('Log', {}, h('label', { class: 'check' }, follows, ' follow'), text);
}

async function metricNames(id, context) {
  const data = await query('query', { query: 'count by (__name__) ({agent_id=' + quoted(id) + '})' }, context.signal);
  const rows = data.result.map((one) => [one.metric.__name__, Number(one.value[1])]).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return table('Metrics', ['Metric', { text: 'Series', number: true }], rows.map(([metric, count]) => [
    h('a', { href: '#/explore?' + new URLSearchParams({ expr: (/^[a-zA-Z_:][\w:]*$/.test(metric) ? metric + '{' : '{' + quoted(metric) + ', ') + 'agent_id=' + quoted(id) + '}' }) }, name(metric)), String(count)]), 'No series has a recent sample.');
}

export async function show(main, place, context) {
  const id = place.parts[0] ?? '';
  const path = 'fleet/v1/agents/' + encodeURIComponent(id);
  const load = async () => {
    const [agent, board, local, alerts] = await Promise.all([get(path, null, context.signal), get('fleet/v1/board', { agent_id: id }, context.signal).then((answer) => answer.board).catch(() => null),
      get('fleet/v1/instances', null, context.signal).then((answer) => answer.instances.filter((one) => one.agent_id === id)).catch(() => []), get('fleet/v1/alerts', null, context.signal).then((answer) => answer.alerts.filter((one) => one.affected_agents.includes(id)))]);
    return { agent, board, row: board?.agents?.[0], local, alerts };
  };
  let known;
  try { known = await load(); } catch (error) {
    if (error.status !== 404) throw error;
    main.append(h('h1', {}, name(id)), problem('There is no agent of this name; it may have been deregistered.'), h('p', {}, h('a', { href: '#/fleet' }, 'To the fleet')));
    return;
  }
  const top = h('div', {});
  const below = h('div', {});
  const chosen = place.query.get('range') ?? '3600';
  const figures = new Figures(id, context, Number(chosen) || 3600);
  const picker = select(windows, windows.some(([key]) => key === chosen) ? chosen : '3600', { 'aria-label': 'Window of the plots', onchange: () => {
    figures.seconds = Number(picker.value);
    remember({ range: picker.value });
    figures.load().catch(() => {});
  } });
  const draw = () => {
    const { agent, board, row, local, alerts } = known;
    replace(top, h('div', { class: 'head' }, h('h1', {}, name(id)), badge(row?.status ?? agent.status), row?.since && h('span', { class: 'quiet', 'data-since': row.since }, 'for ' + since(row.since)),
      row?.revision && h('span', {}, 'revision ', name(row.revision)), h('a', { href: '#/traces?agent_id=' + encodeURIComponent(id) }, 'Its traces'), h('a', { href: '#/alerts?agent=' + encodeURIComponent(id) }, 'Its alerts')),
    health(agent, row, advice(board, id)));
    replace(below, panel('Alerts', {}, table('Alerts', ['Alert', 'Severity', 'Since', 'What'], alerts.map((one) => [name(one.alert_name), badge(one.severity), since(one.timestamp), h('bdi', {}, one.description)]), 'None fires.')),
      panel('Instances', {}, instances(agent, local)));
  };
  draw();
  const traces = h('div', {});
  const names = h('details', { class: 'panel' }, h('summary', {}, 'All its metrics'));
  names.addEventListener('toggle', async () => {
    if (!names.open || names.children.length > 1) return;
    try { names.append(await metricNames(id, context)); } catch (error) { names.append(problem(error)); }
  });
  main.append(top, h('div', { class: 'bar' }, h('h2', {}, 'Figures'), field('over', picker)), figures.element, below, panel('Recent traces', {}, traces), log(id, context), names);
  const loadTraces = async () => {
    const found = (await get('fleet/v1/traces', { agent_id: id, limit: 10 }, context.signal)).traces;
    replace(traces, table('Recent traces', ['Request', 'Status', 'Began', { text: 'Took', number: true }, { text: 'Spans', number: true }],
      found.map((one) => [h('a', { href: '#/traces/' + one.trace_id }, name(one.root_operation)), badge(one.status), moment(one.start_time), milliseconds(one.duration_ms), String(one.span_count)]), 'No trace of the last hour has a span of it.'));
  };
  const again = async () => { known = await load(); draw(); };
  await Promise.all([figures.load(), loadTraces().catch((error) => replace(traces, problem(error)))]);
  context.onEvent((kind, data) => { if (kind === 'again' || data.agent_id === id || data.alert?.affected_agents?.includes(id)) again().catch(() => {}); });
  context.every(10, again);
  context.every(15, () => figures.load());
  context.every(20, loadTraces);
}
