// One request: its spans over time, the critical path marked, each span's attributes, what being faster would bring.

import { h, add, replace, name, agentLink, badge, panel, table, button, problem } from './dom.js';
import { get } from './api.js';
import { milliseconds, moment, number } from './format.js';
import { colour } from './chart.js';

// Milliseconds with their fraction, which `Date` cuts off.
function exact(time) {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '0';
  return Math.floor(Date.parse(time) / 1000) * 1000 + Number('0.' + fraction) * 1000;
}

// The spans in the order of the tree, each with its depth; what is folded is left out.
function arrange(tree, folded) {
  const children = new Map();
  tree.forEach((one, place) => {
    const key = one.parent ?? -1;
    if (!children.has(key)) children.set(key, []);
    children.get(key).push(place);
  });
  for (const list of children.values()) list.sort((a, b) => tree[a].start - tree[b].start);
  const rows = [];
  const stack = (children.get(-1) ?? []).map((place) => [place, 0]).reverse();
  while (stack.length) {
    const [place, depth] = stack.pop();
    const below = children.get(place) ?? [];
    rows.push({ place, depth, children: below.length });
    if (!folded.has(place)) for (const child of [...below].reverse()) stack.push([child, depth + 1]);
  }
  return rows;
}

class Waterfall {
  constructor(spans, analysis) {
    this.tree = (analysis?.tree ?? plainTree(spans)).map((one) => ({ ...one, start: exact(one.start_time), end: exact(one.end_time ?? one.start_time) }));
    this.spans = new Map(spans.map((one) => [one.span_id, one]));
    this.folded = new Set();
    this.limit = 300;
    this.start = Math.min(...this.tree.map((one) => one.start));
    this.end = Math.max(this.start + 0.001, ...this.tree.map((one) => one.end));
    const agents = [...new Set(this.tree.map((one) => one.agent_id))];
    this.colours = new Map(agents.map((agent, place) => [agent, colour(place)]));
    this.critical = new Map();
    for (const section of analysis?.critical_path ?? []) {
      if (!this.critical.has(section.span_id)) this.critical.set(section.span_id, []);
      const from = exact(section.start_time);
      this.critical.get(section.span_id).push([from, from + section.duration_ms]);
    }
    this.body = h('div', { class: 'waterfall', role: 'tree', 'aria-label': 'Spans', 'data-test': 'waterfall' });
    this.body.addEventListener('keydown', (event) => this.key(event));
  }

  place(time) { return (100 * (time - this.start)) / (this.end - this.start); }

  bar(one, kind, from, to) {
    const bar = h('span', { class: kind });
    bar.style.left = this.place(from).toFixed(3) + '%';
    bar.style.width = Math.max(0.15, this.place(to) - this.place(from)).toFixed(3) + '%';
    if (kind === 'bar') bar.style.background = this.colours.get(one.agent_id);
    return bar;
  }

  row({ place, depth, children }) {
    const one = this.tree[place];
    const isCritical = this.critical.has(one.span_id);
    const isOpen = !this.folded.has(place);
    const label = h('span', { class: 'what' }, h('span', { class: 'fold', 'aria-hidden': 'true' }, children ? (isOpen ? '▾' : '▸') : ''), name(one.agent_id), ' ', h('b', {}, name(one.operation)),
      one.status !== 'completed' && [' ', badge(one.status)], one.orphan && [' ', h('span', { class: 'quiet' }, 'its parent is missing')]);
    label.style.paddingInlineStart = Math.min(depth, 20) * 14 + 'px';
    const row = h('div', { class: 'span' + (isCritical ? ' is-critical' : ''), role: 'treeitem', tabindex: '-1', 'aria-level': String(depth + 1), 'aria-expanded': children ? String(isOpen) : null, 'data-test': 'span', 'data-critical': isCritical ? 'true' : null,
      'aria-label': (one.agent_id + ' ' + one.operation).slice(0, 300) + ', ' + milliseconds(one.end - one.start) + ', ' + one.status + (isCritical ? ', on the critical path' : ''), onclick: () => { this.select(place, row); } },
    label, h('span', { class: 'track' }, this.bar(one, 'bar', one.start, one.end), (this.critical.get(one.span_id) ?? []).map(([from, to]) => this.bar(one, 'critical', from, to))), h('span', { class: 'number' }, milliseconds(one.end - one.start)));
    row.dataset.place = place;
    return row;
  }

  draw() {
    const rows = arrange(this.tree, this.folded);
    const quarter = (part) => h('span', {}, milliseconds(((this.end - this.start) * part) / 4));
    replace(this.body, h('div', { class: 'ruler', 'aria-hidden': 'true' }, h('span', {}), h('span', { class: 'track' }, [0, 1, 2, 3, 4].map(quarter)), h('span', {})), rows.slice(0, this.limit).map((row) => this.row(row)),
      rows.length > this.limit && button('Show ' + Math.min(1000, rows.length - this.limit) + ' more of ' + rows.length + ' spans', () => { this.limit += 1000; this.draw(); }));
    (this.body.querySelector('[data-place="' + (this.selected ?? -1) + '"]') ?? this.body.querySelector('.span'))?.setAttribute('tabindex', '0');
  }

  select(place, row) {
    this.selected = place;
    this.body.querySelector('.details')?.remove();
    for (const other of this.body.querySelectorAll('[tabindex="0"]')) other.setAttribute('tabindex', '-1');
    row.setAttribute('tabindex', '0');
    row.focus();
    const span = this.spans.get(this.tree[place].span_id);
    if (span) row.after(details(span, this.tree[place]));
  }

  fold(place, isFolded) {
    if (isFolded) this.folded.add(place); else this.folded.delete(place);
    this.selected = place;
    this.draw();
    this.body.querySelector('[data-place="' + place + '"]')?.focus();
  }

  key(event) {
    const row = event.target.closest('.span');
    if (!row) return;
    const rows = [...this.body.querySelectorAll('.span')];
    const now = rows.indexOf(row);
    const place = Number(row.dataset.place);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); event.stopPropagation(); row.setAttribute('tabindex', '-1'); const next = rows[Math.min(Math.max(to, 0), rows.length - 1)]; next.setAttribute('tabindex', '0'); next.focus(); }
    else if (event.key === 'ArrowLeft' && row.getAttribute('aria-expanded') === 'true') this.fold(place, true);
    else if (event.key === 'ArrowRight' && row.getAttribute('aria-expanded') === 'false') this.fold(place, false);
    else if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); this.select(place, row); }
  }
}

// Where no span has ended there is no analysis; what is there is drawn all the same.
function plainTree(spans) {
  const placeOf = new Map(spans.map((one, place) => [one.span_id, place]));
  const now = new Date().toISOString();
  return spans.map((one) => ({ ...one, end_time: one.end_time ?? now, parent: placeOf.get(one.parent_span_id) ?? null, orphan: one.parent_span_id !== null && !placeOf.has(one.parent_span_id) }));
}

function pairs(all) {
  return h('dl', { class: 'pairs' }, Object.entries(all).map(([key, value]) => [h('dt', {}, h('bdi', {}, key)), h('dd', {}, h('bdi', {}, typeof value === 'string' ? value : JSON.stringify(value)))]));
}

function details(span, placed) {
  return h('div', { class: 'details', 'data-test': 'span-details' }, h('p', {}, agentLink(span.agent_id), ' · ', name(span.operation), ' · ' + (span.kind ?? '') + ' · began ' + moment(span.start_time) + ' · span ' + span.span_id, placed.clock_offset_ms ? ' · its clock was set right by ' + milliseconds(placed.clock_offset_ms) : ''),
    span.status_message && h('p', { class: 'problem' }, h('bdi', {}, span.status_message)), pairs(span.metadata ?? {}),
    (span.logs ?? []).length > 0 && table('Events', ['Time', 'Event', 'Attributes'], span.logs.slice(0, 200).map((log) => [moment(log.timestamp), name(log.message), pairs(log.metadata ?? {})])),
    h('details', {}, h('summary', {}, 'Resource'), pairs(span.resource ?? {})));
}

export async function show(main, id, context) {
  let spans;
  let analysis = null;
  try {
    spans = (await get('fleet/v1/traces/' + id, null, context.signal)).spans;
  } catch (error) {
    if (error.status !== 404) throw error;
    main.append(h('h1', {}, 'Trace ' + id.slice(0, 8)), problem('There is no such trace; its retention may be over.'), h('p', {}, h('a', { href: '#/traces' }, 'To the search')));
    return;
  }
  try {
    analysis = await get('fleet/v1/traces/' + id + '/analysis', { tree: 'true' }, context.signal);
  } catch (error) {
    // No span has ended yet.
    if (error.status !== 409) throw error;
  }
  const root = spans.find((one) => one.parent_span_id === null) ?? spans[0];
  const fall = new Waterfall(spans, analysis);
  fall.draw();
  add(main, h('div', { class: 'head' }, h('h1', {}, name(root.operation)), badge(root.status), h('span', {}, agentLink(root.agent_id)), h('span', { class: 'quiet' }, moment(root.start_time) + ' · ' + id)),
    analysis ? h('p', { class: 'summary' }, milliseconds(analysis.total_duration_ms) + ' over ' + number(analysis.total_spans) + ' spans of ' + Object.keys(analysis.agent_participation).length + (Object.keys(analysis.agent_participation).length === 1 ? ' agent' : ' agents') +
      (analysis.input_tokens + analysis.output_tokens ? ', ' + number(analysis.input_tokens) + ' tokens in and ' + number(analysis.output_tokens) + ' out' + (analysis.cost === null ? '' : ', ' + number(analysis.cost) + ' ' + analysis.currency) : '') + '.') : h('p', { class: 'summary' }, 'Still running: no span has ended.'),
    analysis?.deployment && h('p', {}, 'In force: ', h('a', { href: '#/deployments/' + encodeURIComponent(analysis.deployment.deployment_id) }, name(analysis.deployment.deployment_id))),
    panel('Spans', {}, h('p', { class: 'quiet' }, 'The dark line marks the critical path: only what lies on it makes the request longer. Arrow keys move, Enter shows a span.'), fall.body));
  if (!analysis) { context.every(3, async () => { const again = await get('fleet/v1/traces/' + id, null, context.signal); if (again.spans.some((one) => one.end_time)) dispatchEvent(new HashChangeEvent('hashchange')); }); return; }
  main.append(panel('Agents', {}, table('Agents', ['Agent', { text: 'Critical path', number: true }, { text: 'Self time', number: true }, { text: 'Spans', number: true }, { text: 'Failed', number: true }], Object.entries(analysis.agent_participation).sort((a, b) => b[1].critical_path_ms - a[1].critical_path_ms).map(([agent, part]) => [agentLink(agent), milliseconds(part.critical_path_ms), milliseconds(part.self_time_ms), String(part.span_count), String(part.error_count)]))),
    panel('What if', {}, table('What if', ['Operation', 'Agent', { text: 'On the path', number: true }, { text: 'Faster by', number: true }, { text: 'Request takes', number: true }], analysis.what_if.slice(0, 12).map((one) => [name(one.operation), agentLink(one.agent_id), milliseconds(one.critical_path_ms), one.faster_percent + ' %', milliseconds(one.duration_ms)]), 'Nothing would make it faster.')));
}
