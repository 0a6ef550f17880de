// Lines over time on a canvas: axes, a crosshair, a legend that hides and shows, and the same figures as a table.

import { h, replace, name } from './dom.js';
import { moment } from './format.js';

const palette = ['#2563eb', '#d97706', '#059669', '#db2777', '#7c3aed', '#0891b2', '#ca8a04', '#dc2626', '#4f46e5', '#65a30d'];
const dashes = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
const margin = { left: 62, right: 10, top: 10, bottom: 24 };

export const colour = (place) => palette[place % palette.length];

// Round steps for about `count` lines between two values.
function ticks(low, high, count) {
  const raw = (high - low) / Math.max(count, 1) || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw) ?? raw;
  const marks = [];
  // Zero is added so that none of them is −0.
  for (let value = Math.ceil(low / step - 1e-9) * step + 0; value <= high + step * 1e-9 && marks.length < 50; value += step) marks.push(value);
  return marks;
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

function timeText(time, isLong) {
  const date = new Date(time * 1000);
  const two = (value) => String(value).padStart(2, '0');
  if (isLong) return two(date.getMonth() + 1) + '-' + two(date.getDate()) + ' ' + two(date.getHours()) + ':' + two(date.getMinutes());
  return two(date.getHours()) + ':' + two(date.getMinutes()) + (date.getSeconds() ? ':' + two(date.getSeconds()) : '');
}

// The last place in rising `times` that is not behind `time`.
function placeOf(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1; else high = middle;
  }
  return low - 1;
}

// - options: title (what it shows), format (of values), height, bands ([{start, end, text}]), least (the least top of the axis),
//   onSelect(start, end) when a stretch was marked.
export class Chart {
  constructor(options) {
    this.options = options;
    this.series = [];
    this.hidden = new Set();
    this.at = null;
    this.canvas = h('canvas', { tabindex: '0', role: 'img', 'data-test': 'plot', onpointermove: (event) => this.point(event),
      onpointerleave: () => this.unpoint(), onpointerdown: (event) => this.press(event), onpointerup: (event) => this.release(event),
      onkeydown: (event) => this.key(event) });
    this.tip = h('div', { class: 'tip', hidden: true, 'aria-live': 'off' });
    this.frame = h('div', { class: 'plot' }, this.canvas, this.tip);
    this.legend = h('ul', { class: 'legend' });
    this.figures = h('details', { class: 'figures' }, h('summary', {}, 'Figures'));
    this.figures.addEventListener('toggle', () => this.fill());
    this.element = h('figure', { class: 'chart' }, options.title && h('figcaption', {}, options.title), this.frame, this.legend, this.figures);
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.frame);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  // - series: [{name, times (seconds), values (numbers or null)}]
  show(series, start, end, step) {
    Object.assign(this, { series, start, end, step });
    const busiest = series.map((one) => one.name).slice(0, 5).join(', ');
    this.canvas.setAttribute('aria-label', (this.options.title ?? 'Plot') + ': ' + (series.length ? series.length + ' lines: ' + busiest.slice(0, 200) : 'no data') + '. Arrow keys read values.');
    this.drawLegend();
    this.fill();
    this.draw();
  }

  drawLegend() {
    const many = this.series.length > 24;
    replace(this.legend, this.series.slice(0, 24).map((one, place) => {
      const key = h('span', { class: 'key' });
      key.style.background = colour(place);
      return h('li', {}, h('button', { type: 'button', class: 'plain', 'aria-pressed': String(!this.hidden.has(one.name)), onclick: (event) => {
        if (event.shiftKey) this.hidden = new Set(this.series.map((other) => other.name).filter((other) => other !== one.name));
        else if (!this.hidden.delete(one.name)) this.hidden.add(one.name);
        this.drawLegend();
        this.draw();
      } }, key, name(one.name)));
    }), many && h('li', { class: 'quiet' }, 'and ' + (this.series.length - 24) + ' more'));
    this.legend.hidden = this.series.length < 2 && !this.options.alwaysLegend;
  }

  fill() {
    if (!this.figures.open) return;
    const format = this.options.format ?? String;
    const rows = this.series.map((one) => {
      const known = one.values.filter((value) => value !== null && Number.isFinite(value));
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
      return h('tr', {}, h('th', { scope: 'row' }, name(one.name)), [known.length ? Math.min(...known) : null, known.length ? mean : null,
        known.length ? Math.max(...known) : null, known.at(-1) ?? null].map((value) => h('td', { class: 'number' }, value === null ? '–' : format(value))));
    });
    replace(this.figures, h('summary', {}, 'Figures'), h('div', { class: 'scroll' }, h('table', {},
      h('thead', {}, h('tr', {}, ['line', 'least', 'mean', 'most', 'last'].map((text) => h('th', { scope: 'col' }, text)))), h('tbody', {}, rows))));
  }

  visible() { return this.series.filter((one) => !this.hidden.has(one.name)); }

  draw() {
    const box = this.frame.getBoundingClientRect();
    const width = Math.floor(box.width);
    const height = this.options.height ?? 180;
    if (!width || this.start === undefined) return;
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== width * ratio || this.canvas.height !== height * ratio) {
      this.canvas.width = width * ratio;
      this.canvas.height = height * ratio;
      this.canvas.style.height = height + 'px';
    }
    const context = this.canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.frame);
    const [ink, line] = [style.getPropertyValue('--quiet'), style.getPropertyValue('--line')];
    this.scale(width, height);
    this.axes(context, width, height, ink, line);
    this.bands(context, height, style);
    context.save();
    context.beginPath();
    context.rect(margin.left, margin.top - 2, width - margin.left - margin.right, height - margin.top - margin.bottom + 4);
    context.clip();
    context.lineWidth = this.series.length > 40 ? 1 : 1.6;
    context.lineJoin = 'round';
    this.series.forEach((one, place) => {
      if (!this.hidden.has(one.name)) this.line(context, one, place);
    });
    context.restore();
    if (!this.visible().length) {
      context.fillStyle = ink;
      context.textAlign = 'center';
      context.fillText(this.series.length ? 'all lines are hidden' : 'no data', width / 2, height / 2);
    }
    this.cross(context, height, ink);
  }

  scale(width, height) {
    let low = 0;
    let high = this.options.least ?? 0;
    for (const one of this.visible()) {
      for (const value of one.values) {
        if (value === null || !Number.isFinite(value)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (high === low) high = low + 1;
    high += (high - low) * 0.06;
    this.low = low;
    this.high = high;
    this.x = (time) => margin.left + ((time - this.start) / (this.end - this.start || 1)) * (width - margin.left - margin.right);
    this.y = (value) => height - margin.bottom - ((value - low) / (high - low)) * (height - margin.top - margin.bottom);
    this.timeAt = (x) => this.start + ((x - margin.left) / (width - margin.left - margin.right)) * (this.end - this.start);
  }

  axes(context, width, height, ink, line) {
    const format = this.options.format ?? String;
    context.font = '11px system-ui, sans-serif';
    context.fillStyle = ink;
    context.strokeStyle = line;
    context.lineWidth = 1;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const value of ticks(this.low, this.high, height / 45)) {
      const y = Math.round(this.y(value)) + 0.5;
      context.beginPath();
      context.moveTo(margin.left, y);
      context.lineTo(width - margin.right, y);
      context.stroke();
      context.fillText(format(value), margin.left - 6, y);
    }
    const span = this.end - this.start;
    const step = timeSteps.find((one) => span / one <= Math.max(width / 100, 2)) ?? span / 4;
    const offset = new Date(this.start * 1000).getTimezoneOffset() * 60;
    context.textAlign = 'center';
    for (let time = Math.ceil((this.start - offset) / step) * step + offset; time <= this.end; time += step) {
      const x = this.x(time);
      if (x < margin.left + 14 || x > width - 20) continue;
      context.fillText(timeText(time, span > 2 * 86400), x, height - margin.bottom / 2 + 2);
    }
  }

  bands(context, height, style) {
    for (const band of this.options.bands ?? []) {
      const from = Math.max(this.x(band.start), margin.left);
      const to = Math.max(this.x(band.end ?? band.start), from + 1.5);
      if (this.x(band.end ?? band.start) < margin.left || band.start > this.end) continue;
      context.fillStyle = style.getPropertyValue('--band');
      context.fillRect(from, margin.top, to - from, height - margin.top - margin.bottom);
    }
  }

  line(context, one, place) {
    context.strokeStyle = colour(place);
    context.setLineDash(dashes[Math.floor(place / palette.length) % dashes.length]);
    context.beginPath();
    const gap = (this.step ?? Infinity) * 1.5;
    let last = null;
    let isAlone = false;
    for (let index = 0; index < one.values.length; index += 1) {
      const value = one.values[index];
      if (value === null || !Number.isFinite(value)) { last = null; continue; }
      const x = this.x(one.times[index]);
      const y = this.y(value);
      if (last === null || one.times[index] - last > gap) {
        if (isAlone) context.lineTo(this.x(last) + 2, this.y(one.values[index - 1] ?? value));
        context.moveTo(x, y);
        isAlone = true;
      } else {
        context.lineTo(x, y);
        isAlone = false;
      }
      last = one.times[index];
    }
    if (isAlone && last !== null) context.lineTo(this.x(last) + 2, this.y(one.values.at(-1) ?? 0));
    context.stroke();
    context.setLineDash([]);
  }

  cross(context, height, ink) {
    if (this.at === null) { this.tip.hidden = true; return; }
    const x = this.x(this.at);
    context.strokeStyle = ink;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, margin.top);
    context.lineTo(x, height - margin.bottom);
    context.stroke();
    if (this.pressed !== undefined && Math.abs(this.pressed - x) > 3) {
      context.fillStyle = 'rgba(100, 116, 139, 0.25)';
      context.fillRect(Math.min(this.pressed, x), margin.top, Math.abs(x - this.pressed), height - margin.top - margin.bottom);
    }
    this.read(x);
  }

  read(x) {
    const format = this.options.format ?? String;
    const found = [];
    this.series.forEach((one, place) => {
      if (this.hidden.has(one.name)) return;
      const index = placeOf(one.times, this.at);
      const value = index < 0 ? null : one.values[index];
      if (value !== null && value !== undefined && this.at - one.times[index] <= (this.step ?? Infinity) * 1.5) found.push([value, place, one.name]);
    });
    found.sort((a, b) => b[0] - a[0]);
    replace(this.tip, h('strong', {}, moment(this.at * 1000)), found.slice(0, 8).map(([value, place, text]) => {
      const key = h('span', { class: 'key' });
      key.style.background = colour(place);
      return h('div', {}, key, h('b', {}, format(value)), ' ', this.series.length > 1 && name(text));
    }), found.length > 8 && h('div', { class: 'quiet' }, 'and ' + (found.length - 8) + ' more'));
    this.tip.hidden = false;
    const room = this.frame.clientWidth - this.tip.offsetWidth - 8;
    this.tip.style.left = Math.max(0, Math.min(x + 12, room)) + 'px';
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
  }

  move(time) {
    this.at = Math.min(Math.max(time, this.start), this.end);
    this.redraw();
  }

  point(event) {
    if (this.start !== undefined && this.timeAt) this.move(this.timeAt(event.offsetX));
  }

  unpoint() {
    this.at = null;
    this.pressed = undefined;
    this.redraw();
  }

  press(event) {
    if (this.options.onSelect) this.pressed = event.offsetX;
  }

  release(event) {
    const from = this.pressed;
    this.pressed = undefined;
    if (from !== undefined && Math.abs(event.offsetX - from) > 8) {
      const times = [this.timeAt(from), this.timeAt(event.offsetX)].sort((a, b) => a - b);
      this.options.onSelect(Math.max(times[0], this.start), Math.min(times[1], this.end));
    }
  }

  key(event) {
    const step = this.step ?? (this.end - this.start) / 100;
    const moves = { ArrowLeft: -step, ArrowRight: step, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      event.preventDefault();
      this.tip.setAttribute('aria-live', 'polite');
      this.move((this.at ?? this.end) + moves[event.key]);
    } else if (event.key === 'Escape') this.unpoint();
  }
}

// Prometheus' matrix as series of a chart.
export function lines(matrix, label) {
  return matrix.map((one) => ({
    name: label(one.metric),
    times: (one.values ?? []).map(([time]) => time),
    values: (one.values ?? []).map(([, value]) => { const number = Number(value); return Number.isFinite(number) ? number : null; }),
  }));
}
