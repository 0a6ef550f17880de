// Requests across agents: search, runs in flight, what determines the latency of all, where the trace context is lost.

import { h, replace, name, agentLink, badge, table, field, select, problem } from './dom.js';
import { get } from './api.js';
import { milliseconds, moment, number, share, since } from './format.js';
import { remember } from './app.js';
import * as trace from './trace.js';

const tabs = [['', 'Search'], ['in-flight', 'In flight'], ['critical-path', 'Critical path'], ['audit', 'Audit']];
const isTrace = (part) => /^[0-9a-f]{32}$/i.test(part ?? '');

export const title = (place) => (isTrace(place.parts[0]) ? 'Trace ' + place.parts[0].slice(0, 8) : tabs.find(([key]) => key === (place.parts[0] ?? ''))?.[1] ?? 'Traces');

const windows = [['15m', '15 minutes'], ['1h', 'hour'], ['6h', '6 hours'], ['1d', 'day'], ['7d', 'week']];
const windowOf = (place) => (windows.some(([key]) => key === place.query.get('window')) ? place.query.get('window') : '1h');

function search(main, place, context) {
  const value = (key) => place.query.get(key) ?? '';
  const inputs = {
    agent_id: h('input', { value: value('agent_id'), list: 'agents', 'data-test': 'trace-agent' }),
    operation: h('input', { value: value('operation') }),
    status: select([['', 'any'], ['completed', 'completed'], ['error', 'error'], ['active', 'active'], ['lost', 'lost']], value('status')),
    attribute: h('input', { value: value('attribute'), placeholder: 'name=value' }),
    min_duration: h('input', { value: value('min_duration'), placeholder: '500ms', size: '7' }),
    max_duration: h('input', { value: value('max_duration'), placeholder: '10s', size: '7' }),
    window: select(windows, windowOf(place)),
  };
  const known = h('datalist', { id: 'agents' });
  const result = h('div', { 'aria-live': 'polite', 'data-test': 'traces' });
  const texts = { agent_id: 'Agent', operation: 'Operation', status: 'Status', attribute: 'Attribute', min_duration: 'At least', max_duration: 'At most', window: 'Of the last' };
  const load = async () => {
    const asked = Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, input.value.trim()]));
    remember({ ...asked, window: asked.window === '1h' ? '' : asked.window });
    try {
      const found = (await get('fleet/v1/traces', { ...asked, limit: 100 }, context.signal)).traces;
      const longest = Math.max(1, ...found.map((one) => one.duration_ms ?? 0));
      replace(result, table('Traces', ['Request', 'Status', 'Agents', 'Began', { text: 'Spans', number: true }, 'Took'], found.map((one) => ({ properties: { 'data-test': 'trace' }, cells: [
        h('a', { href: '#/traces/' + one.trace_id }, name(one.root_agent_id), ' ', name(one.root_operation)), [badge(one.status), one.error_count > 0 && h('span', { class: 'bad' }, ' ' + one.error_count + ' failed')],
        h('span', { class: 'labels' }, Object.entries(one.agents).slice(0, 8).map(([agent, count]) => h('span', { class: 'label' }, name(agent), ' ' + count))), moment(one.start_time), String(one.span_count), meter(one.duration_ms, longest)] })), 'No trace fits.'));
    } catch (error) {
      if (error.name !== 'AbortError') replace(result, problem(error));
    }
  };
  const form = h('form', { class: 'filters', role: 'search', 'data-test': 'trace-search', onsubmit: (event) => { event.preventDefault(); load(); } },
    Object.entries(inputs).map(([key, input]) => field(texts[key], input)), known, h('button', { type: 'submit', class: 'main', 'data-test': 'trace-find' }, 'Find'));
  main.append(form, result);
  get('fleet/v1/agents', null, context.signal).then((answer) => replace(known, answer.agents.map((one) => h('option', { value: one.agent_id })))).catch(() => {});
  context.every(15, () => (main.contains(document.activeElement) && document.activeElement !== main && form.contains(document.activeElement) ? null : load()));
  return load();
}

function meter(value, most) {
  const bar = h('span', { class: 'bar-fill' });
  bar.style.width = (100 * Math.min(1, (value ?? 0) / most)).toFixed(1) + '%';
  return h('span', { class: 'meter' }, bar, h('span', {}, milliseconds(value)));
}

function inFlight(main, place, context) {
  const result = h('div', { 'data-test': 'in-flight' });
  main.append(h('p', { class: 'quiet' }, 'Spans that have begun and not ended, the oldest first. When an instance dies, its spans are marked lost.'), result);
  const load = async () => {
    const answer = await get('fleet/v1/spans', { state: 'active', limit: 200 }, context.signal);
    const spans = [...answer.spans].sort((a, b) => (a.start_time < b.start_time ? -1 : 1));
    replace(result, table('Spans in flight', ['Operation', 'Agent', 'Running for', 'Trace'], spans.map((one) => [name(one.operation), agentLink(one.agent_id), since(one.start_time), h('a', { href: '#/traces/' + one.trace_id }, one.trace_id.slice(0, 8))]), 'Nothing runs just now, or no agent tells of spans when they begin.'),
      answer.total > spans.length && h('p', { class: 'quiet' }, spans.length + ' of ' + answer.total + ' are shown.'));
  };
  context.every(2, load);
  context.onEvent((kind) => { if (kind === 'spans_lost' || kind === 'again') load().catch(() => {}); });
  return load();
}

function windowBar(place, load) {
  const picker = select(windows, windowOf(place), { 'data-test': 'window', onchange: () => { remember({ window: picker.value === '1h' ? '' : picker.value }); load(); } });
  return [picker, h('div', { class: 'bar' }, field('Of the last', picker))];
}

function criticalPath(main, place, context) {
  const result = h('div', { 'aria-live': 'polite', 'data-test': 'critical-path' });
  let faster = '20';
  const load = async () => {
    try {
      const path = await get('fleet/v1/critical-path', { window: picker.value, limit: 50 }, context.signal);
      const gains = (row) => row.what_if.find((one) => String(one.faster_percent) === faster) ?? {};
      const choice = select([['10', '10 %'], ['20', '20 %'], ['50', '50 %']], faster, { 'data-test': 'faster', onchange: () => { faster = choice.value; draw(); } });
      const rows = h('div', {});
      const draw = () => replace(rows, table('What determines the latency', ['Operation', 'Agent', 'Share of all', { text: 'of p50', number: true }, { text: 'of p95', number: true }, { text: 'p50 gains', number: true }, { text: 'p95 gains', number: true }], path.operations.map((row) => [
        name(row.operation), agentLink(row.agent_id), fraction(row.share), share(row.p50_share), share(row.p95_share), milliseconds(gains(row).p50_gain_ms), milliseconds(gains(row).p95_gain_ms)]), 'No finished request in this window.'));
      const determinant = (what, one) => one && h('p', {}, what + ' is determined by ', name(one.operation), ' of ', agentLink(one.agent_id), '.');
      replace(result, h('p', { class: 'summary' }, number(path.requests) + ' requests: half take less than ' + milliseconds(path.latency_ms.p50) + ', 95 of 100 less than ' + milliseconds(path.latency_ms.p95) + '.'),
        determinant('p50', path.p50_determinant), determinant('p95', path.p95_determinant), field('What if an operation were faster by', choice), rows,
        path.requests > path.sampled_requests && h('p', { class: 'quiet' }, 'From a sample of ' + number(path.sampled_requests) + ' requests.'));
      draw();
    } catch (error) {
      if (error.name !== 'AbortError') replace(result, problem(error));
    }
  };
  const [picker, bar] = windowBar(place, load);
  main.append(bar, result);
  return load();
}

function fraction(value) {
  const bar = h('span', { class: 'bar-fill' });
  bar.style.width = (100 * value).toFixed(1) + '%';
  return h('span', { class: 'meter' }, bar, h('span', {}, share(value)));
}

function audit(main, place, context) {
  const result = h('div', { 'aria-live': 'polite', 'data-test': 'audit' });
  const load = async () => {
    try {
      const answer = await get('fleet/v1/trace-audit', { window: picker.value }, context.signal);
      const losing = answer.edges.filter((edge) => edge.lost_calls > 0);
      replace(result, h('p', { class: 'summary is-' + (losing.length ? 'fair' : 'good') }, losing.length ? losing.length + (losing.length === 1 ? ' edge loses' : ' edges lose') + ' the trace context.' : 'No edge is seen to lose the trace context, in ' + number(answer.traces) + ' traces.'),
        table('Edges', ['Caller', 'Callee', { text: 'Lost', number: true }, { text: 'Kept', number: true }, 'Evidence', 'Sure', 'Example'], losing.map((edge) => [edge.caller === null ? 'not known' : agentLink(edge.caller), agentLink(edge.callee), number(edge.lost_calls), number(edge.linked_calls),
          Object.entries(edge.evidence).map(([what, count]) => what.replaceAll('_', ' ') + ' (' + number(count) + ')').join(', '), badge(edge.confidence), edge.examples[0] ? h('a', { href: '#/traces/' + edge.examples[0].callee.trace_id }, name(edge.examples[0].callee.operation)) : '–']), 'Callers pass the context on, as far as can be seen.'),
        losing.length > 0 && h('p', { class: 'quiet' }, 'An agent that starts a new trace for each call, or does not send its caller’s “traceparent” header on, shows here.'));
    } catch (error) {
      if (error.name !== 'AbortError') replace(result, problem(error));
    }
  };
  const [picker, bar] = windowBar(place, load);
  main.append(bar, result);
  return load();
}

export function show(main, place, context) {
  const part = place.parts[0] ?? '';
  if (isTrace(part)) return trace.show(main, part.toLowerCase(), context);
  const ways = { '': search, 'in-flight': inFlight, 'critical-path': criticalPath, audit };
  const id = h('input', { placeholder: 'a trace id', 'aria-label': 'Trace id', size: '34', 'data-test': 'trace-id' });
  main.append(h('div', { class: 'head' }, h('h1', {}, 'Traces'), h('form', { onsubmit: (event) => { event.preventDefault(); if (isTrace(id.value.trim())) location.hash = '#/traces/' + id.value.trim(); else id.setCustomValidity('A trace’s id has 32 hex digits.'), id.reportValidity(); } , oninput: () => id.setCustomValidity('') }, id, ' ', h('button', { type: 'submit' }, 'Open'))),
    h('nav', { class: 'tabs', 'aria-label': 'Traces' }, tabs.map(([key, text]) => h('a', { href: '#/traces' + (key ? '/' + key : ''), 'aria-current': key === part ? 'page' : null, 'data-test': 'traces-' + (key || 'search') }, text))));
  if (!(part in ways)) { main.append(problem('“' + part.slice(0, 100) + '” is not a trace’s id; it has 32 hex digits.')); return null; }
  return ways[part](main, place, context);
}

