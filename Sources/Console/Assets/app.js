// The frame around all views: which one is shown, who is signed in, what is live.

import { h, replace, button, problem, notice } from './dom.js';
import * as api from './api.js';

const views = [
  ['fleet', 'Fleet', () => import('./fleet.js')],
  ['alerts', 'Alerts', () => import('./alerts.js')],
  ['traces', 'Traces', () => import('./traces.js')],
  ['explore', 'Explore', () => import('./explore.js')],
  ['deployments', 'Deployments', () => import('./deployments.js')],
  ['report', 'Report', () => import('./report.js')],
];
const hidden = { agents: () => import('./agent.js') };

const main = document.getElementById('main');
const nav = document.getElementById('views');
const corner = document.getElementById('session');

let session = null;
let current = null;
let shown = 0;
let stopListening = null;
let live = 'connecting';
const listeners = new Set();

// The view, its path's further parts and its parameters, from the part of the address behind '#'.
export function route() {
  const [path, search] = location.hash.replace(/^#\/?/, '').split('?');
  const parts = path.split('/').filter(Boolean).map((part) => {
    try { return decodeURIComponent(part); } catch { return part; }
  });
  return { view: parts[0] ?? 'fleet', parts: parts.slice(1), query: new URLSearchParams(search ?? '') };
}

// Sets parameters of the address without going anywhere; empty ones leave it.
export function remember(parameters) {
  const { view, parts, query } = route();
  for (const [key, value] of Object.entries(parameters)) {
    if (value === null || value === undefined || value === '') query.delete(key);
    else query.set(key, value);
  }
  const search = query.toString();
  history.replaceState(null, '', '#/' + [view, ...parts.map(encodeURIComponent)].join('/') + (search ? '?' + search : ''));
}

function drawNav(view) {
  const alias = view === 'agents' ? 'fleet' : view;
  replace(nav, views.map(([id, title], place) => h('a', {
    href: '#/' + id, 'aria-current': id === alias ? 'page' : null, 'data-test': 'view-' + id, title: title + ' (key ' + (place + 1) + ')',
  }, title)));
}

function drawCorner() {
  const words = { live: 'Live', lost: 'Connecting again…', connecting: 'Connecting…' };
  replace(corner,
    h('span', { class: 'live is-' + live, role: 'status', 'data-test': 'live' }, words[live]),
    session?.sign_in_needed && session.signed_in && h('span', { class: 'role', 'data-test': 'role' }, session.role),
    session?.sign_in_needed && session.signed_in && button('Sign out', signOut, { class: 'plain', 'data-test': 'sign-out' }));
}

async function signOut() {
  try { session = await api.signOut(); } catch (error) { notice(error.message, 'bad'); }
  start();
}

// What views may ask of the frame.
function context(signal) {
  return {
    signal,
    session,
    mayOperate: session?.role === 'operator',
    // Calls with every event of the server for as long as the view is shown.
    onEvent(handler) {
      listeners.add(handler);
      signal.addEventListener('abort', () => listeners.delete(handler));
    },
    // Calls again and again, never twice at once, not while the page is out of sight.
    every(seconds, work) {
      let timer;
      const turn = async () => {
        if (!document.hidden) {
          try { await work(); } catch (error) { if (error.name !== 'AbortError') console.debug(error.message); }
        }
        if (!signal.aborted) timer = setTimeout(turn, seconds * 1000);
      };
      timer = setTimeout(turn, seconds * 1000);
      signal.addEventListener('abort', () => clearTimeout(timer));
    },
  };
}

async function show() {
  if (session?.sign_in_needed && !session.signed_in) return askForToken();
  const place = route();
  const load = views.find(([id]) => id === place.view)?.[2] ?? hidden[place.view];
  current?.abort();
  current = new AbortController();
  const turn = ++shown;
  drawNav(place.view);
  if (!load) {
    replace(main, h('h1', {}, 'No such page'), h('p', {}, h('a', { href: '#/fleet' }, 'To the fleet')));
    return;
  }
  const signal = current.signal;
  try {
    const view = await load();
    if (turn !== shown) return;
    replace(main);
    document.title = view.title(place) + ' · Skep';
    await view.show(main, place, context(signal));
  } catch (error) {
    if (error.name === 'AbortError' || turn !== shown) return;
    if (!main.querySelector('h1')) replace(main, h('h1', {}, 'Not shown'));
    main.append(problem(error), h('p', {}, button('Try again', show)));
  }
}

function askForToken() {
  current?.abort();
  shown += 1;
  replace(nav);
  document.title = 'Sign in · Skep';
  const token = h('input', { type: 'password', name: 'token', autocomplete: 'current-password', required: true, id: 'token', 'data-test': 'token' });
  const trouble = h('div', { 'aria-live': 'assertive' });
  const form = h('form', { class: 'signin', 'data-test': 'sign-in', onsubmit: async (event) => {
    event.preventDefault();
    replace(trouble);
    try {
      session = await api.signIn(token.value.trim());
      token.value = '';
      start();
    } catch (error) {
      replace(trouble, problem(error.status === 401 ? 'This token is not known here.' : error));
      token.select();
    }
  } },
  h('h1', {}, 'Sign in'),
  h('p', {}, 'This Skep asks for a token: a line of the file that ', h('code', {}, '--tokens'), ' names, without its role.'),
  h('label', { class: 'field', for: 'token' }, h('span', {}, 'Token'), token), trouble,
  h('button', { type: 'submit', class: 'main', 'data-test': 'sign-in-send' }, 'Sign in'));
  replace(main, form);
  token.focus();
}

function startListening() {
  stopListening?.();
  stopListening = api.listen((kind, data) => { for (const listener of listeners) listener(kind, data); },
    (state) => {
      if (state === 'live' && live === 'lost') for (const listener of listeners) listener('again', {});
      live = state;
      drawCorner();
    });
}

function start() {
  stopListening?.();
  drawCorner();
  show();
  if (!session.sign_in_needed || session.signed_in) startListening();
}

const shortcuts = h('dialog', { 'aria-label': 'Keys', 'data-test': 'keys' });

function showKeys() {
  const keys = [['1 … 6', 'the views from left to right'], ['/', 'to the first field'], ['j k', 'next and previous row'], ['Enter', 'open the row'], ['r', 'load again'], ['?', 'this list']];
  replace(shortcuts, h('h2', {}, 'Keys'), h('dl', { class: 'keys' }, keys.map(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)])),
    button('Close', () => shortcuts.close(), { class: 'main' }));
  shortcuts.showModal();
}

function stepRow(by) {
  const rows = [...main.querySelectorAll('tbody a, .attention a, .row a')].filter((row) => row.offsetParent);
  const firsts = rows.filter((row, place) => !place || row.closest('tr, li, .row') !== rows[place - 1].closest('tr, li, .row'));
  const now = firsts.findIndex((row) => row.closest('tr, li, .row') === document.activeElement?.closest?.('tr, li, .row'));
  firsts[Math.min(Math.max(now + by, 0), firsts.length - 1)]?.focus();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || shortcuts.open) return;
  if (event.target.matches?.('input, textarea, select, [contenteditable]')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const view = views[Number(event.key) - 1];
  if (view) location.hash = '#/' + view[0];
  else if (event.key === '?') showKeys();
  else if (event.key === '/') { event.preventDefault(); main.querySelector('input, textarea, select')?.focus(); }
  else if (event.key === 'j') stepRow(1);
  else if (event.key === 'k') stepRow(-1);
  else if (event.key === 'r') show();
});

document.querySelector('.skip').addEventListener('click', (event) => { event.preventDefault(); main.focus(); });

addEventListener('hashchange', () => { show().then(() => { if (document.activeElement === document.body) main.focus({ preventScroll: true }); }); scrollTo(0, 0); });

addEventListener('skep:signed-out', async () => {
  try { session = await api.session(); } catch { return; }
  if (session.sign_in_needed && !session.signed_in) start();
});

async function begin() {
  document.body.append(shortcuts);
  drawNav(route().view);
  drawCorner();
  try {
    session = await api.session();
    start();
  } catch (error) {
    replace(main, h('h1', {}, 'Skep does not answer'), problem(error), h('p', {}, button('Try again', begin)));
  }
}

begin();
