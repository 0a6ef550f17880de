// A line as high as a word: the course of a figure, without axes.

import { s } from './dom.js';

const width = 96;
const height = 26;

function path(points, top) {
  let drawn = '';
  let isUp = true;
  points.forEach((value, place) => {
    if (value === null || value === undefined) { isUp = true; return; }
    const x = points.length > 1 ? (place / (points.length - 1)) * width : 0;
    const y = height - 2 - (Math.min(Math.max(value, 0), top) / top) * (height - 4);
    drawn += (isUp ? 'M' : 'L') + x.toFixed(1) + ' ' + y.toFixed(1);
    isUp = false;
  });
  return drawn;
}

// - least: what the line's full height is at least, so that noise near zero stays low.
export function sparkline(points, least, label) {
  const image = s('svg', { class: 'spark', viewBox: '0 0 ' + width + ' ' + height, width, height, role: 'img', 'aria-label': label ?? 'no data' },
    s('path', { fill: 'none', 'stroke-width': 1.5 }));
  update(image, points, least, label);
  return image;
}

export function update(image, points, least, label) {
  const known = (points ?? []).filter((value) => value !== null && value !== undefined);
  image.firstChild.setAttribute('d', known.length ? path(points, Math.max(least, ...known)) : '');
  image.setAttribute('aria-label', label ?? (known.length ? 'up to ' + Math.max(...known) : 'no data'));
}
