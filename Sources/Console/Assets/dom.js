// Builds elements. Text from outside is only ever set as text, never read as HTML.

const svgSpace = 'http://www.w3.org/2000/svg';

function build(element, properties, children) {
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'value' || key === 'checked' || key === 'disabled') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  put(element, children);
  return element;
}

function put(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) put(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

// Appends what is there; what is not is left out.
export function add(element, ...children) {
  put(element, children);
  return element;
}

export function h(tag, properties, ...children) {
  return build(document.createElement(tag), properties, children);
}

export function s(tag, properties, ...children) {
  return build(document.createElementNS(svgSpace, tag), properties, children);
}

export function replace(element, ...children) {
  element.replaceChildren();
  put(element, children);
  return element;
}

// A name that somebody else chose: set apart from the direction of the text around it, whole in its title up to a bound.
export function name(text, properties) {
  const whole = String(text ?? '');
  return h('bdi', { class: 'name', title: whole.slice(0, 500), ...properties }, whole.slice(0, 2000));
}

export function agentLink(id) {
  return h('a', { href: '#/agents/' + encodeURIComponent(id), class: 'agent' }, name(id));
}

// A word with a colour of its own; the word says it all without the colour.
export function badge(kind, text) {
  return h('span', { class: 'badge is-' + String(kind).replace(/[^a-z_]/g, '') }, text ?? kind);
}

export function problem(error) {
  return h('p', { class: 'problem', role: 'alert' }, String(error?.message ?? error));
}

export function panel(title, properties, ...children) {
  const id = 'panel-' + title.toLowerCase().replace(/[^a-z]+/g, '-');
  return h('section', { class: 'panel', 'aria-labelledby': id, ...properties }, h('h2', { id }, title), ...children);
}

// A table of rows that are arrays of cells; columns are texts, or {text, number: true}.
export function table(caption, columns, rows, empty) {
  if (!rows.length) return h('p', { class: 'quiet' }, empty ?? 'Nothing.');
  const head = columns.map((column) => h('th', { scope: 'col', class: column.number ? 'number' : null }, column.text ?? column));
  const body = rows.map((row) => h('tr', row.properties,
    (row.cells ?? row).map((cell, place) => h(place === 0 ? 'th' : 'td',
      { scope: place === 0 ? 'row' : null, class: columns[place]?.number ? 'number' : null }, cell))));
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h('table', {}, h('caption', { class: 'unseen' }, caption), h('thead', {}, h('tr', {}, head)), h('tbody', {}, body)));
}

export function button(text, action, properties) {
  return h('button', { type: 'button', onclick: action, ...properties }, text);
}

export function field(label, control) {
  return h('label', { class: 'field' }, h('span', {}, label), control);
}

export function select(options, value, properties) {
  const control = h('select', properties, options.map(([key, text]) => h('option', { value: key }, text)));
  control.value = value;
  return control;
}

export function notice(text, kind) {
  const line = h('p', { class: 'notice is-' + (kind ?? 'good') }, text);
  document.getElementById('notices').append(line);
  setTimeout(() => line.remove(), 8000);
}
