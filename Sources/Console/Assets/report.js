// The performance report over a window: what to do, how the system and each agent fared, where it goes.

import { h, replace, name, agentLink, badge, panel, table, problem } from './dom.js';
import { get } from './api.js';
import { number, percent, rate, share, seconds, moment, duration } from './format.js';
import { remember } from './app.js';
import { scoreClass } from './fleet.js';
import { sparkline } from './spark.js';
import { Chart } from './chart.js';

export const title = () => 'Report';

const windows = [['1h', 'Hour'], ['6h', '6 hours'], ['24h', 'Day'], ['7d', 'Week'], ['15d', '15 days']];

function recommendations(list) {
  if (!list.length) return h('p', { class: 'summary is-good', 'data-test': 'recommendations' }, 'Nothing needs doing.');
  return h('ol', { class: 'attention', 'data-test': 'recommendations' }, list.map((item) => h('li', { class: 'is-' + (item.severity ?? 'warning') }, badge(item.severity ?? 'warning'),
    h('span', {}, item.agent_id ? [agentLink(item.agent_id), ': '] : 'System: ', h('bdi', {}, item.text)), h('span', { class: 'quiet' }, h('bdi', {}, item.evidence)), item.next && h('code', { class: 'next' }, h('bdi', {}, item.next)))));
}

function trendText(trend, format) {
  if (!trend) return 'Too few samples for a trend.';
  const text = { rising: 'Rising', falling: 'Falling', steady: 'Steady' }[trend.direction] ?? trend.direction;
  const cast = trend.forecast;
  return text + (trend.direction === 'steady' ? '' : ' by ' + format(Math.abs(trend.slope_per_hour)) + ' an hour') + '. ' +
    (cast ? 'Forecast for ' + moment(cast.at) + ': ' + format(cast.value) + ', between ' + format(cast.low) + ' and ' + format(cast.high) + ' with ' + Math.round(cast.confidence * 100) + ' % (' + cast.certainty + ' certainty: ' + cast.why + ').' : 'No forecast.');
}

function plot(titleText, points, values, trend, format, least) {
  const chart = new Chart({ title: titleText, format, least, height: 180 });
  const start = Date.parse(points.start) / 1000;
  const times = values.map((_, place) => start + place * points.step_seconds);
  const series = [{ name: 'measured', times, values }];
  let end = start + Math.max(1, points.count - 1) * points.step_seconds;
  const cast = trend?.forecast?.points ?? [];
  if (cast.length) {
    for (const [key, text] of [['value', 'forecast'], ['low', 'at least'], ['high', 'at most']]) series.push({ name: text, times: cast.map((one) => Date.parse(one.at) / 1000), values: cast.map((one) => one[key]) });
    end = Math.max(end, ...cast.map((one) => Date.parse(one.at) / 1000));
  }
  chart.show(series, start, end, Math.max(points.step_seconds, cast.length > 1 ? (Date.parse(cast[1].at) - Date.parse(cast[0].at)) / 1000 : 0));
  return h('div', {}, chart.element, h('p', { class: 'quiet' }, trendText(trend, format)));
}

function agentsTable(all) {
  const rows = Object.entries(all).sort((a, b) => a[1].health_score - b[1].health_score || (a[0] < b[0] ? -1 : 1));
  return table('Agents', ['Agent', { text: 'Score', number: true }, 'CPU', { text: 'mean', number: true }, { text: 'p95', number: true }, 'Memory', { text: 'mean', number: true }, { text: 'max', number: true }, { text: 'Requests', number: true }, { text: 'Failed', number: true }, { text: 'p95', number: true }, { text: 'Tokens', number: true }, { text: 'Cost', number: true }],
    rows.map(([id, one]) => ({ properties: { 'data-test': 'report-agent' }, cells: [agentLink(id), h('span', { class: 'score is-' + scoreClass(one.health_score), title: one.score_parts.map((part) => part.reason + ' (' + part.points + ')').join('; ') }, String(one.health_score)),
      sparkline(one.cpu_points ?? [], 100, 'CPU, mean ' + percent(one.avg_cpu_usage)), percent(one.avg_cpu_usage), percent(one.p95_cpu_usage), sparkline(one.memory_points ?? [], 100, 'memory, mean ' + percent(one.avg_memory_usage)), percent(one.avg_memory_usage), percent(one.max_memory_usage),
      rate(one.request_rate), share(one.error_rate), seconds(one.latency_seconds?.p95), one.input_tokens == null ? '–' : number(one.input_tokens + (one.output_tokens ?? 0)), one.cost ? number(one.cost.amount) + ' ' + one.cost.currency : '–'] })), 'No agent was seen in this window.');
}

export async function show(main, place, context) {
  const chosen = duration(place.query.get('window') ?? '') ? place.query.get('window') : '24h';
  const content = h('div', { 'aria-live': 'polite', 'data-test': 'report' });
  const bar = h('div', { class: 'tabs', role: 'group', 'aria-label': 'Window' });
  const links = h('div', { class: 'links' });
  let running = null;
  const load = async (window) => {
    remember({ window });
    replace(bar, windows.map(([key, text]) => h('button', { type: 'button', 'aria-pressed': String(key === window), 'data-test': 'window-' + key, onclick: () => load(key) }, text)));
    replace(links, [['html', 'HTML'], ['markdown', 'Markdown'], ['json', 'JSON']].map(([format, text]) => h('a', { href: 'fleet/v1/report?window=' + window + '&format=' + format, download: 'skep-report-' + window + '.' + { html: 'html', markdown: 'md', json: 'json' }[format], 'data-test': 'download-' + format }, text)));
    running?.abort();
    running = new AbortController();
    const own = running;
    context.signal.addEventListener('abort', () => own.abort());
    if (!content.firstChild) replace(content, h('p', { class: 'quiet' }, 'Reading ' + window + '…'));
    try {
      const report = (await get('fleet/v1/report', { window }, own.signal)).performance_report;
      const trends = report.system_trends;
      replace(content, h('p', { class: 'quiet' }, moment(report.start) + ' to ' + moment(report.end) + ', ' + number(trends.total_metrics_in_window) + ' samples, mean CPU ' + percent(trends.average_system_cpu) + ', mean memory ' + percent(trends.average_system_memory)),
        panel('What to do', {}, recommendations(report.recommendations)), panel('Agents', {}, agentsTable(report.agent_performance)));
      const plots = h('div', { class: 'plots wide' });
      content.append(panel('Where it goes', {}, plots));
      plots.append(plot('CPU, percent', trends.points, trends.cpu_points, trends.cpu, percent, 10), plot('Memory, percent', trends.points, trends.memory_points, trends.memory, percent, 10), plot('Requests a second', trends.points, trends.request_points, trends.requests, rate, 0));
    } catch (error) {
      if (error.name !== 'AbortError') replace(content, problem(error));
    }
  };
  main.append(h('div', { class: 'head' }, h('h1', {}, 'Report')), h('div', { class: 'bar' }, bar, links), content);
  await load(chosen);
}
