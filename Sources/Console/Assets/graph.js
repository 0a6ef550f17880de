// Who calls whom: agents in layers from the callers to the called, edges as wide as they are busy, failures in red.

import { h, s, agentLink, name, table } from './dom.js';
import { rate, share, seconds } from './format.js';

const limit = 60;
const box = { width: 150, height: 40, gapX: 90, gapY: 18 };

// The layer of each agent: one behind the furthest of its callers; calls that close a circle do not count.
function layers(calls) {
  const callees = new Map();
  const agents = new Set();
  for (const call of calls) {
    agents.add(call.caller);
    agents.add(call.callee);
    if (!callees.has(call.caller)) callees.set(call.caller, []);
    callees.get(call.caller).push(call.callee);
  }
  const order = [];
  const state = new Map();
  const forward = new Set();
  const visit = (agent) => {
    const stack = [[agent, 0]];
    state.set(agent, 1);
    while (stack.length) {
      const top = stack[stack.length - 1];
      const next = (callees.get(top[0]) ?? [])[top[1]++];
      if (next === undefined) { state.set(top[0], 2); order.push(top[0]); stack.pop(); continue; }
      if (state.get(next) !== 1) forward.add(JSON.stringify([top[0], next]));
      if (!state.has(next)) { state.set(next, 1); stack.push([next, 0]); }
    }
  };
  const called = new Set(calls.filter((call) => call.caller !== call.callee).map((call) => call.callee));
  for (const agent of agents) if (!called.has(agent) && !state.has(agent)) visit(agent);
  for (const agent of agents) if (!state.has(agent)) visit(agent);
  const layer = new Map([...agents].map((agent) => [agent, 0]));
  for (const agent of order.reverse()) {
    for (const callee of callees.get(agent) ?? []) {
      if (callee !== agent && forward.has(JSON.stringify([agent, callee]))) layer.set(callee, Math.max(layer.get(callee), layer.get(agent) + 1));
    }
  }
  return layer;
}

function places(calls) {
  const layer = layers(calls);
  const columns = [];
  for (const [agent, place] of layer) (columns[place] ??= []).push(agent);
  const rowOf = new Map();
  columns.forEach((column, place) => {
    if (place > 0) {
      const centre = (agent) => {
        const rows = calls.filter((call) => call.callee === agent && rowOf.has(call.caller)).map((call) => rowOf.get(call.caller));
        return rows.length ? rows.reduce((sum, row) => sum + row, 0) / rows.length : 0;
      };
      column.sort((a, b) => centre(a) - centre(b));
    }
    column.forEach((agent, row) => rowOf.set(agent, row));
  });
  const tallest = Math.max(...columns.map((column) => column.length));
  const at = new Map();
  columns.forEach((column, place) => column.forEach((agent, row) => at.set(agent, {
    x: 8 + place * (box.width + box.gapX),
    y: 8 + (row + (tallest - column.length) / 2) * (box.height + box.gapY),
  })));
  return { at, width: 16 + columns.length * box.width + (columns.length - 1) * box.gapX, height: 16 + tallest * (box.height + box.gapY) - box.gapY + 20 };
}

function edge(call, at, busiest) {
  const [from, to] = [at.get(call.caller), at.get(call.callee)];
  const start = { x: from.x + box.width, y: from.y + box.height / 2 };
  const end = { x: to.x, y: to.y + box.height / 2 };
  const isBack = end.x <= start.x;
  const bend = isBack ? 60 : (end.x - start.x) / 2;
  const path = 'M' + start.x + ' ' + start.y + 'C' + (start.x + bend) + ' ' + (start.y + (isBack ? 50 : 0)) + ' ' + (end.x - bend) + ' ' + (end.y + (isBack ? 50 : 0)) + ' ' + end.x + ' ' + end.y;
  const says = call.caller.slice(0, 200) + ' calls ' + call.callee.slice(0, 200) + ': ' + rate(call.request_rate) + ', ' + share(call.error_rate) + ' fail, p95 ' + seconds(call.p95_seconds);
  return s('path', { d: path, class: 'edge' + ((call.error_rate ?? 0) >= 0.05 ? ' is-failing' : ''), fill: 'none', 'stroke-width': (1 + 4 * Math.sqrt((call.request_rate ?? 0) / (busiest || 1))).toFixed(1), 'marker-end': 'url(#arrow)' }, s('title', {}, says));
}

function node(agent, at, agents) {
  const known = agents.get(agent);
  const text = agent.length > 18 ? agent.slice(0, 17) + '…' : agent;
  const content = s('g', { class: 'node is-' + (known?.status ?? 'unknown'), transform: 'translate(' + at.x + ' ' + at.y + ')' },
    s('rect', { width: box.width, height: box.height, rx: 8 }), s('circle', { cx: 14, cy: 20, r: 5 }),
    s('text', { x: 26, y: 17, class: 'title' }, text), s('text', { x: 26, y: 32, class: 'small' }, known ? (known.status === 'active' ? rate(known.request_rate) : known.status) : 'not registered'), s('title', {}, agent.slice(0, 500)));
  return known ? s('a', { href: '#/agents/' + encodeURIComponent(agent), 'aria-label': agent.slice(0, 200) + ', ' + known.status }, content) : content;
}

export function callGraph(calls, agents) {
  const between = calls.filter((call) => call.caller !== null);
  if (!between.length) return h('p', { class: 'quiet' }, 'No calls between agents were traced yet. Agents that pass on the trace context show here.');
  const drawn = [...between].sort((a, b) => (b.error_rate >= 0.05) - (a.error_rate >= 0.05) || (b.request_rate ?? 0) - (a.request_rate ?? 0)).slice(0, limit);
  const { at, width, height } = places(drawn);
  const busiest = Math.max(...drawn.map((call) => call.request_rate ?? 0));
  const picture = s('svg', { class: 'calls', viewBox: '0 0 ' + width + ' ' + height, width, height, role: 'group', 'aria-label': 'Calls between agents' },
    s('defs', {}, s('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 8, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse', orient: 'auto' }, s('path', { d: 'M0 0L8 4L0 8z' }))),
    drawn.map((call) => edge(call, at, busiest)), [...at].map(([agent, place]) => node(agent, place, agents)));
  const details = h('details', { 'data-test': 'calls-table' }, h('summary', {}, between.length + (between.length === 1 ? ' edge' : ' edges') + ' as a table' + (between.length > limit ? ' (' + limit + ' are drawn)' : '')));
  details.addEventListener('toggle', () => {
    if (!details.open || details.children.length > 1) return;
    details.append(table('Calls between agents', ['Caller', 'Callee', { text: 'Requests', number: true }, { text: 'Failed', number: true }, { text: 'p95', number: true }],
      between.map((call) => [agents.has(call.caller) ? agentLink(call.caller) : name(call.caller), agents.has(call.callee) ? agentLink(call.callee) : name(call.callee), rate(call.request_rate), share(call.error_rate), seconds(call.p95_seconds)])));
  });
  return [h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Calls between agents, drawn' }, picture), details];
}
