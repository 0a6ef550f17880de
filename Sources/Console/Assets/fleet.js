// The first page: what needs attention, how many agents fare how, each agent in a row, who calls whom.

import { h, replace, name, agentLink, badge, panel, button } from './dom.js';
import { get } from './api.js';
import { number, percent, share, rate, seconds, since, ago } from './format.js';
import { remember } from './app.js';
import { sparkline, update } from './spark.js';
import { callGraph } from './graph.js';

export const title = () => 'Fleet';

const states = ['lost', 'unhealthy', 'pending', 'active'];
const severityOrder = { emergency: 0, critical: 1, warning: 2, info: 3 };

const orders = {
  attention: ['What needs attention', (a, b) => urgency(b) - urgency(a) || a.score - b.score],
  name: ['Name', () => 0],
  score: ['Score', (a, b) => a.score - b.score],
  cpu: ['CPU', (a, b) => (b.cpu ?? -1) - (a.cpu ?? -1)],
  memory: ['Memory', (a, b) => (b.memory ?? -1) - (a.memory ?? -1)],
  requests: ['Requests', (a, b) => (b.request_rate ?? -1) - (a.request_rate ?? -1)],
  errors: ['Failed', (a, b) => (b.error_rate ?? -1) - (a.error_rate ?? -1)],
  latency: ['p95', (a, b) => (b.p95_seconds ?? -1) - (a.p95_seconds ?? -1)],
};

function urgency(agent) {
  const state = agent.status === 'active' ? 0 : 10 - states.indexOf(agent.status);
  return state * 10 + (agent.alerts.worst ? 8 - 2 * severityOrder[agent.alerts.worst] : 0) + agent.alerts.active / 100;
}

class Row {
  constructor(agent) {
    this.cells = {};
    const cell = (key, kind, label) => (this.cells[key] = h('td', { role: 'cell', class: kind, 'data-label': label }));
    this.head = h('th', { scope: 'row', role: 'rowheader' }, agentLink(agent.agent_id));
    this.element = h('tr', { role: 'row', 'data-test': 'agent', 'data-agent': agent.agent_id }, this.head, cell('status', 'status'), cell('score', 'number'),
      cell('alerts', 'alerts'), cell('cpu', 'number figure', 'CPU'), cell('memory', 'number figure', 'Memory'), cell('requests', 'number figure', 'Requests'),
      cell('errors', 'number'), cell('latency', 'number'), cell('runs', 'number'), cell('revision', 'revision'));
    this.lines = { cpu: sparkline([], 100), memory: sparkline([], 100), requests: sparkline([], 1) };
    this.texts = {};
    for (const key of ['cpu', 'memory', 'requests']) {
      this.texts[key] = h('span', {});
      this.cells[key].append(this.lines[key], this.texts[key]);
    }
    this.update(agent);
  }

  update(agent) {
    const before = this.agent ?? {};
    this.agent = agent;
    const { cells, texts, lines } = this;
    if (agent.status !== before.status || agent.since !== before.since || agent.instances.up !== before.instances?.up) {
      replace(cells.status, badge(agent.status), ' ', h('span', { class: 'quiet', 'data-since': agent.since ?? '' }, agent.since ? since(agent.since) : ''),
        agent.instances.total > 1 && h('span', { class: 'quiet' }, ' ' + agent.instances.up + '/' + agent.instances.total));
      this.element.dataset.status = agent.status;
    }
    if (agent.score !== before.score) {
      const why = agent.score_parts.map((part) => part.reason + ' (' + part.points + ')').join('; ');
      replace(cells.score, h('span', { class: 'score is-' + scoreClass(agent.score), title: why || 'nothing to complain of' }, String(agent.score)));
    }
    replace(cells.alerts, agent.alerts.active ? h('a', { href: '#/alerts?agent=' + encodeURIComponent(agent.agent_id) }, badge(agent.alerts.worst ?? 'warning', agent.alerts.active + ' ' + (agent.alerts.worst ?? ''))) : h('span', { class: 'quiet' }, '–'));
    texts.cpu.textContent = percent(agent.cpu);
    texts.memory.textContent = percent(agent.memory);
    texts.requests.textContent = rate(agent.request_rate);
    update(lines.cpu, agent.cpu_points, 100, 'CPU ' + percent(agent.cpu));
    update(lines.memory, agent.memory_points, 100, 'memory ' + percent(agent.memory));
    update(lines.requests, agent.request_points, 0.001, 'requests ' + rate(agent.request_rate));
    cells.errors.textContent = share(agent.error_rate);
    cells.errors.classList.toggle('bad', (agent.error_rate ?? 0) >= 0.05);
    cells.latency.textContent = seconds(agent.p95_seconds);
    cells.runs.textContent = number(agent.runs_in_flight);
    replace(cells.revision, agent.revision ? name(agent.revision) : h('span', { class: 'quiet' }, '–'));
  }
}

export const scoreClass = (score) => (score >= 90 ? 'good' : score >= 70 ? 'fair' : 'poor');

class Fleet {
  constructor(place) {
    this.agents = new Map();
    this.rows = new Map();
    this.order = place.query.get('sort') ?? 'attention';
    if (!(this.order in orders)) this.order = 'attention';
    this.state = place.query.get('state') ?? '';
    this.text = place.query.get('find') ?? '';
    this.body = h('tbody', { role: 'rowgroup' });
    this.attention = h('ol', { class: 'attention', 'data-test': 'attention' });
    this.counts = h('div', { class: 'counts', role: 'group', 'aria-label': 'Agents by status' });
    this.summary = h('p', { class: 'summary', 'aria-live': 'polite', 'data-test': 'summary' });
    this.graph = h('div', { class: 'graph' });
    this.shownCount = h('p', { class: 'quiet', 'aria-live': 'polite' });
    this.head = h('tr', { role: 'row' });
    this.find = h('input', { type: 'search', value: this.text, placeholder: 'Find an agent', 'aria-label': 'Find an agent', 'data-test': 'find',
      oninput: () => { this.text = this.find.value; remember({ find: this.text }); this.arrange(); } });
  }

  drawHead() {
    const columns = [['name', 'Agent'], [null, 'Status'], ['score', 'Score', 'number'], ['attention', 'Alerts'], ['cpu', 'CPU', 'number'], ['memory', 'Memory', 'number'],
      ['requests', 'Requests', 'number'], ['errors', 'Failed', 'number'], ['latency', 'p95', 'number'], [null, 'In flight', 'number'], [null, 'Revision']];
    replace(this.head, columns.map(([key, text, kind]) => h('th', { scope: 'col', role: 'columnheader', class: kind, 'aria-sort': key === this.order ? 'descending' : null },
      key ? button(text, () => { this.order = key; remember({ sort: key }); this.drawHead(); this.arrange(); }, { class: 'plain sort', 'data-test': 'sort-' + key }) : text)));
  }

  matches(agent) {
    return (!this.state || agent.status === this.state) && (!this.text || agent.agent_id.includes(this.text.toLowerCase()) || (agent.revision ?? '').includes(this.text));
  }

  // Puts the rows in order: the first ones at once, the others when there is time, so that the first paint does not wait.
  arrange() {
    const compare = orders[this.order][1];
    const shown = [...this.agents.values()].filter((agent) => this.matches(agent))
      .sort((a, b) => compare(a, b) || (a.agent_id < b.agent_id ? -1 : 1));
    this.shownCount.textContent = shown.length === this.agents.size ? '' : shown.length + ' of ' + this.agents.size + ' agents';
    const turn = (this.turn = {});
    let place = 0;
    const rowOf = (agent) => {
      let row = this.rows.get(agent.agent_id);
      if (!row) this.rows.set(agent.agent_id, row = new Row(agent));
      else if (row.agent !== agent) row.update(agent);
      return row.element;
    };
    const part = (count) => {
      for (const end = Math.min(place + count, shown.length); place < end; place += 1) {
        const element = rowOf(shown[place]);
        const now = this.body.children[place];
        if (now !== element) this.body.insertBefore(element, now ?? null);
      }
    };
    const rest = () => {
      if (turn !== this.turn) return;
      part(60);
      if (place < shown.length) setTimeout(rest, 8);
      else while (this.body.children.length > shown.length) this.body.lastChild.remove();
    };
    part(40);
    rest();
  }

  drawSummary(board) {
    const { counts, alerts } = board;
    const bad = counts.lost + counts.unhealthy;
    this.summary.className = 'summary is-' + (bad || alerts.critical || alerts.emergency ? 'poor' : alerts.active ? 'fair' : 'good');
    this.summary.textContent = board.attention.length || bad
      ? (bad ? bad + (bad === 1 ? ' agent is' : ' agents are') + ' not well' : 'All agents answer') + ', ' + (alerts.active || 'no') + (alerts.active === 1 ? ' alert fires.' : ' alerts fire.')
      : counts.agents ? 'All ' + counts.agents + ' agents are well.' : 'No agent yet. Register one, or start Skep with a system file.';
    replace(this.counts, [['', 'all', counts.agents], ...states.map((state) => [state, state, counts[state] ?? 0])].map(([state, text, count]) =>
      h('button', { type: 'button', class: 'chip is-' + (state || 'all'), 'aria-pressed': String(this.state === state), 'data-test': 'state-' + text,
        onclick: () => { this.state = state; remember({ state }); this.drawSummary(board); this.arrange(); } }, h('b', {}, String(count)), ' ' + text)));
    replace(this.attention, board.attention.slice(0, 8).map((item) => h('li', { class: 'is-' + item.severity, 'data-test': 'attention-item' },
      badge(item.severity), h('a', { href: item.href }, item.agent_id && [name(item.agent_id), ': '], h('bdi', {}, item.what)),
      item.since && h('span', { class: 'quiet', 'data-since': item.since }, since(item.since)), h('span', { class: 'next' }, item.next))),
    board.attention.length > 8 && h('li', { class: 'quiet' }, 'and ' + (board.attention.length - 8) + ' more'));
    this.attention.hidden = !board.attention.length;
  }

  // What one instance went through, before the next board tells of the whole.
  note(change) {
    const agent = this.agents.get(change.agent_id);
    if (!agent || !change.status || change.status === agent.status || agent.instances.total > 1) return;
    const now = { ...agent, status: change.status, since: change.status === 'active' ? null : change.timestamp };
    this.agents.set(agent.agent_id, now);
    const counts = { ...this.board.counts };
    counts[agent.status] -= 1;
    counts[now.status] += 1;
    this.board = { ...this.board, counts };
    this.drawSummary(this.board);
    this.arrange();
  }

  take(board) {
    this.board = { ...this.board, ...board, calls: board.calls ?? this.board?.calls ?? [] };
    for (const id of board.removed ?? []) {
      this.agents.delete(id);
      this.rows.get(id)?.element.remove();
      this.rows.delete(id);
    }
    const isWhole = !board.removed;
    const seen = new Set();
    for (const agent of board.agents) { this.agents.set(agent.agent_id, agent); seen.add(agent.agent_id); }
    if (isWhole) for (const id of [...this.agents.keys()]) if (!seen.has(id)) { this.agents.delete(id); this.rows.get(id)?.element.remove(); this.rows.delete(id); }
    this.drawSummary(this.board);
    this.arrange();
    if (board.calls) {
      const drawn = JSON.stringify(board.calls);
      if (drawn !== this.drawn) replace(this.graph, callGraph(board.calls, this.agents));
      this.drawn = drawn;
    }
  }
}

export async function show(main, place, context) {
  const fleet = new Fleet(place);
  fleet.drawHead();
  const whole = (await get('fleet/v1/board', null, context.signal)).board;
  const stamp = h('p', { class: 'quiet' });
  main.append(
    h('div', { class: 'head' }, h('h1', {}, whole.system ? [name(whole.system)] : 'Fleet'), fleet.summary),
    h('section', { 'aria-label': 'What needs attention first' }, fleet.attention),
    h('div', { class: 'bar' }, fleet.counts, fleet.find),
    h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Agents' },
      h('table', { class: 'fleet', role: 'table', 'data-test': 'fleet' }, h('caption', { class: 'unseen' }, 'Agents'), h('thead', { role: 'rowgroup' }, fleet.head), fleet.body)),
    fleet.shownCount,
    panel('Who calls whom', { 'data-test': 'call-graph' }, fleet.graph), stamp);
  const told = () => { stamp.textContent = 'As of ' + ago(fleet.board.timestamp) + '.'; };
  fleet.take(whole);
  told();
  const again = async () => fleet.take((await get('fleet/v1/board', null, context.signal)).board);
  let soon = 0;
  context.onEvent((kind, data) => {
    if (kind === 'board') { fleet.take(data); told(); }
    if (kind === 'agent') fleet.note(data);
    // What changed is told at once; the figures come with the next board.
    else if (!soon && (kind === 'agent' || kind === 'alert' || kind === 'again')) {
      soon = setTimeout(() => { soon = 0; again().catch(() => {}); }, 300);
    }
  });
  context.every(60, again);
  context.every(5, async () => {
    told();
    for (const element of main.querySelectorAll('[data-since]')) if (element.dataset.since) element.textContent = since(element.dataset.since);
  });
}
