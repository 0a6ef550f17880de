// Any PromQL expression: written with completion, errors shown where they are, drawn and as a table.

import { h, replace, name, button, field, select, problem, table } from './dom.js';
import { query, get } from './api.js';
import { number, moment, duration, seconds } from './format.js';
import { remember } from './app.js';
import { Chart, lines } from './chart.js';
import { complete } from './complete.js';

export const title = () => 'Explore';

const ranges = ['5m', '15m', '1h', '3h', '6h', '12h', '1d', '2d', '1w', '2w', '4w'];
const examples = ['up', 'sum by (agent_id) (rate(traces_span_metrics_calls_total[5m]))', 'histogram_quantile(0.95, sum by (agent_id) (rate(traces_span_metrics_duration_seconds[5m])))', 'topk(5, system_cpu_usage)', 'sum by (client, server) (rate(traces_service_graph_request_failed_total[5m]))'];

// What completion knows of the store; asked once and kept for as long as the page is shown.
class Names {
  constructor(signal) {
    this.signal = signal;
    this.known = new Map();
    this.types = {};
    query('metadata', null, signal).then((all) => { this.types = all; }).catch(() => {});
  }

  remember(key, load) {
    if (!this.known.has(key)) this.known.set(key, load().catch(() => { this.known.delete(key); return []; }));
    return this.known.get(key);
  }

  matching(metric) { return metric ? { 'match[]': metric } : {}; }
  metrics() { return this.remember('metrics', () => query('label/__name__/values', null, this.signal)); }
  labels(metric) { return this.remember('labels ' + metric, () => query('labels', this.matching(metric), this.signal)); }
  values(label, metric) { return this.remember('values ' + label + ' ' + metric, () => query('label/' + encodeURIComponent(label) + '/values', { ...this.matching(metric), limit: 2000 }, this.signal)); }

  metadata(metric) {
    const base = this.types[metric] ?? this.types[metric.replace(/_(total|bucket|sum|count)$/, '')];
    return base?.[0] ? base[0].type + (base[0].help ? ': ' + base[0].help : '') : '';
  }
}

// The field of the expression: completion below it, and a mark under the place of an error.
class Editor {
  constructor(text, names, run) {
    this.names = names;
    this.list = h('ul', { class: 'completions', role: 'listbox', id: 'completions', 'aria-label': 'Completions', hidden: true, 'data-test': 'completions' });
    this.area = h('textarea', { rows: '2', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': 'completions', 'aria-label': 'PromQL expression', 'data-test': 'expression',
      oninput: () => { this.grow(); this.mark(null); this.suggest(); this.check(); }, onkeydown: (event) => this.key(event), onblur: () => setTimeout(() => this.close(), 150), onscroll: () => { this.under.scrollTop = this.area.scrollTop; } });
    this.area.value = text;
    this.under = h('div', { class: 'under', 'aria-hidden': 'true' });
    this.trouble = h('div', { class: 'trouble', 'aria-live': 'polite', id: 'expression-error', 'data-test': 'expression-error' });
    this.element = h('div', { class: 'editor' }, h('div', { class: 'layers' }, this.under, this.area), this.list, this.trouble);
    this.found = [];
    this.at = -1;
    this.run = run;
  }

  get text() { return this.area.value.trim(); }

  grow() {
    this.area.style.height = 'auto';
    this.area.style.height = Math.min(240, this.area.scrollHeight + 2) + 'px';
  }

  // Marks the place that an error names, as line and column from 1.
  mark(message) {
    replace(this.trouble, message && problem(message));
    this.area.setAttribute('aria-invalid', String(Boolean(message)));
    const found = /(?:^|[^\d])(\d+):(\d+): /.exec(message ?? '');
    replace(this.under);
    if (!found) return;
    const rows = this.area.value.split('\n');
    const row = Math.min(Number(found[1]), rows.length) - 1;
    // Columns count bytes of UTF-8, as Prometheus does.
    const before = new TextDecoder().decode(new TextEncoder().encode(rows[row]).slice(0, Number(found[2]) - 1));
    const column = before.length;
    const offset = rows.slice(0, row).reduce((sum, one) => sum + one.length + 1, 0) + column;
    const text = this.area.value;
    const end = offset + Math.max(1, /^[\p{L}\p{N}_:]*/u.exec(text.slice(offset))[0].length);
    replace(this.under, text.slice(0, offset), h('mark', { 'data-test': 'error-mark' }, text.slice(offset, end) || ' '), text.slice(end));
  }

  check() {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const text = this.area.value;
      if (!text.trim()) return;
      try { await query('parse_query', { query: text }, this.names.signal); } catch (error) {
        if (error.name !== 'AbortError' && text === this.area.value && error.status === 400 && document.activeElement !== this.area) this.mark(error.message);
      }
    }, 600);
  }

  async suggest() {
    const turn = (this.turn = {});
    const { from, to, found } = await complete(this.area.value, this.area.selectionStart, this.names);
    if (turn !== this.turn || document.activeElement !== this.area) return;
    Object.assign(this, { from, to, found, at: -1 });
    this.draw();
  }

  draw() {
    this.list.hidden = !this.found.length;
    this.area.setAttribute('aria-expanded', String(!this.list.hidden));
    replace(this.list, this.found.map((one, place) => h('li', { role: 'option', id: 'completion-' + place, 'aria-selected': String(place === this.at), onpointerdown: (event) => { event.preventDefault(); this.choose(place); } }, name(one.text), h('span', { class: 'quiet' }, ' ' + (one.note || one.kind)))));
    if (this.at >= 0) {
      this.area.setAttribute('aria-activedescendant', 'completion-' + this.at);
      this.list.children[this.at].scrollIntoView({ block: 'nearest' });
    } else this.area.removeAttribute('aria-activedescendant');
  }

  choose(place) {
    const one = this.found[place];
    this.area.setRangeText(one.kind === 'value' ? one.text.replace(/["\\]/g, '\\$&') : one.insert ?? one.text, this.from, this.to, 'end');
    this.close();
    this.area.focus();
    this.grow();
  }

  close() {
    this.turn = {};
    this.found = [];
    this.at = -1;
    this.draw();
  }

  key(event) {
    const isOpen = this.found.length > 0;
    if (isOpen && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      this.at = (this.at + (event.key === 'ArrowDown' ? 1 : -1) + this.found.length + (this.at < 0 && event.key === 'ArrowUp' ? 1 : 0)) % this.found.length;
      this.draw();
    } else if (isOpen && this.at >= 0 && (event.key === 'Enter' || event.key === 'Tab')) {
      event.preventDefault();
      this.choose(this.at);
    } else if (event.key === 'Escape' && isOpen) {
      event.stopPropagation();
      this.close();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.close();
      this.run();
    } else if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      this.suggest();
    }
  }
}

export const seriesName = (metric) => {
  const { __name__: own, ...labels } = metric;
  const inside = Object.entries(labels).map(([key, value]) => key + '=' + JSON.stringify(value)).join(', ');
  return (own ?? '') + (inside || !own ? '{' + inside + '}' : '');
};

function instant(data) {
  if (data.resultType === 'scalar' || data.resultType === 'string') return h('p', { class: 'big' }, h('bdi', {}, data.result[1]));
  const labels = [...new Set(data.result.flatMap((one) => Object.keys(one.metric)))].sort((a, b) => (a === '__name__' ? -1 : b === '__name__' ? 1 : a < b ? -1 : 1));
  const value = (one) => (one.histogram ? 'histogram of ' + number(Number(one.histogram[1].count)) + ', sum ' + number(Number(one.histogram[1].sum)) : one.value ? one.value[1] : (one.values ?? []).length + ' samples');
  return [table('Result', [...labels.map((label) => (label === '__name__' ? 'metric' : label)), { text: 'Value', number: true }], data.result.slice(0, 1000).map((one) => ({ properties: { 'data-test': 'result' }, cells: [...labels.map((label) => name(one.metric[label] ?? '')), value(one)] })), 'No series has a value at this time.'),
    data.result.length > 1000 && h('p', { class: 'quiet' }, '1000 of ' + data.result.length + ' are shown.')];
}

export async function show(main, place, context) {
  const names = new Names(context.signal);
  const asked = (key, otherwise) => place.query.get(key) || otherwise;
  let tab = asked('tab', 'graph');
  let running = null;
  const editor = new Editor(asked('expr', ''), names, () => run());
  const reach = select([...new Set([...ranges, asked('range', '1h')])].map((one) => [one, one]), asked('range', '1h'), { 'data-test': 'range', onchange: () => run() });
  const until = h('input', { type: 'datetime-local', step: '1', 'aria-label': 'Until', 'data-test': 'until', onchange: () => run() });
  const step = h('input', { value: asked('step', ''), placeholder: 'auto', size: '5', onchange: () => run() });
  const state = h('p', { class: 'quiet', 'aria-live': 'polite', 'data-test': 'state' });
  const warnings = h('div', {});
  const shown = h('div', { id: 'result-panel', role: 'tabpanel' });
  const chart = new Chart({ height: 320, format: number, alwaysLegend: true, onSelect: (start, end) => { reach.append(h('option', { value: Math.round(end - start) + 's' }, Math.round(end - start) + 's')); reach.value = Math.round(end - start) + 's'; setUntil(end); run(); } });
  const setUntil = (time) => {
    const date = new Date(time * 1000);
    until.value = new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
  };
  if (Number(asked('end', ''))) setUntil(Number(asked('end', '')));
  const tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Result as' });
  const drawTabs = () => replace(tabs, [['graph', 'Graph'], ['table', 'Table']].map(([key, text]) => h('button', { type: 'button', role: 'tab', id: 'result-' + key, 'aria-selected': String(tab === key), 'aria-controls': 'result-panel', tabindex: tab === key ? '0' : '-1', 'data-test': 'result-' + key,
    onclick: () => { tab = key; drawTabs(); run(); }, onkeydown: (event) => { if (event.key.startsWith('Arrow')) { tab = key === 'graph' ? 'table' : 'graph'; drawTabs(); tabs.querySelector('[aria-selected=true]').focus(); run(); } } }, text)));
  const tell = (answer, began, count) => {
    state.textContent = count + ' series' + ' in ' + seconds((performance.now() - began) / 1000);
    replace(warnings, [...(answer.warnings ?? []), ...(answer.infos ?? [])].map((text) => h('p', { class: 'warning' }, h('bdi', {}, text))));
  };
  const drawGraph = async (expr, end, length) => {
    const began = performance.now();
    const width = duration(step.value) ?? Math.max(1, Math.ceil(length / 400));
    const answer = await get('api/v1/query_range', { query: expr, start: end - length, end, step: width }, running.signal);
    const matrix = answer.data.result;
    const drawn = lines(matrix.filter((one) => one.values), seriesName);
    replace(shown, chart.element, matrix.length > drawn.length && h('p', { class: 'warning' }, matrix.length - drawn.length + ' series of native histograms are not drawn: take histogram_quantile, histogram_avg or histogram_count of them.'));
    chart.show(drawn, end - length, end, width);
    tell(answer, began, matrix.length);
  };
  const drawTable = async (expr, end) => {
    const began = performance.now();
    const answer = await get('api/v1/query', { query: expr, time: end }, running.signal);
    replace(shown, h('p', { class: 'quiet' }, 'At ' + moment(end * 1000) + '.'), instant(answer.data));
    tell(answer, began, Array.isArray(answer.data.result) && answer.data.resultType !== 'scalar' ? answer.data.result.length : 1);
  };
  async function run(isAgain) {
    const expr = editor.text;
    remember({ expr, range: reach.value === '1h' ? '' : reach.value, end: until.value ? Math.round(new Date(until.value) / 1000) : '', step: step.value, tab: tab === 'graph' ? '' : tab });
    if (!expr) { replace(shown, hints()); state.textContent = ''; return; }
    running?.abort();
    running = new AbortController();
    context.signal.addEventListener('abort', () => running.abort());
    const end = until.value ? new Date(until.value) / 1000 : Math.floor(Date.now() / 1000);
    if (!isAgain) state.textContent = 'Calculating…';
    try {
      shown.setAttribute('aria-labelledby', 'result-' + tab);
      await (tab === 'graph' ? drawGraph(expr, end, duration(reach.value) ?? 3600) : drawTable(expr, end));
      editor.mark(null);
    } catch (error) {
      if (error.name === 'AbortError') return;
      state.textContent = '';
      editor.mark(error.message);
    }
  }
  const hints = () => h('div', {}, h('p', { class: 'quiet' }, 'Write an expression, or begin with one of these:'), h('ul', { class: 'examples' }, examples.map((text) => h('li', {}, button(text, () => { editor.area.value = text; editor.grow(); run(); }, { class: 'plain code', 'data-test': 'example' })))));
  const format = async () => {
    try { editor.area.value = await query('format_query', { query: editor.text }, context.signal); editor.grow(); editor.mark(null); } catch (error) { if (error.name !== 'AbortError') editor.mark(error.message); }
  };
  const live = h('input', { type: 'checkbox', 'data-test': 'refresh' });
  drawTabs();
  main.append(h('div', { class: 'head' }, h('h1', {}, 'Explore'), state), editor.element,
    h('div', { class: 'bar' }, button('Run', () => run(), { class: 'main', 'data-test': 'run' }), button('Format', format, { 'data-test': 'format' }), tabs, field('over', reach), field('until', until), button('now', () => { until.value = ''; run(); }, { class: 'plain' }), field('step', step), h('label', { class: 'check' }, live, ' refresh')), warnings, shown);
  editor.grow();
  context.every(10, async () => { if (live.checked && !until.value && editor.text) await run(true); });
  await run();
  if (!editor.text) editor.area.focus();
}
