// What the page asks of the server it came from.

export class RequestError extends Error {
  constructor(status, body) {
    super(body?.error?.message ?? (typeof body?.error === 'string' ? body.error : null) ?? (typeof body === 'string' && body ? body : 'the server answered ' + status));
    this.status = status;
    this.body = body;
  }
}

let csrf = null;

async function ask(method, path, { query, body, signal, text } = {}) {
  const url = new URL(path, document.baseURI);
  for (const [key, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== '') url.searchParams.append(key, one);
    }
  }
  const headers = { Accept: text ? 'text/plain' : 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
  let response;
  try {
    response = await fetch(url, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body), credentials: 'same-origin' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error('the server does not answer; the page shows what it knew last');
  }
  const content = await response.text();
  let answer = content;
  if (!text || !response.ok) {
    try { answer = content ? JSON.parse(content) : null; } catch { /* A proxy's page, perhaps: shown as it is. */ }
  }
  if (!response.ok) {
    if (response.status === 401 && !path.endsWith('/session')) dispatchEvent(new CustomEvent('skep:signed-out'));
    throw new RequestError(response.status, answer);
  }
  return answer;
}

export const get = (path, query, signal) => ask('GET', path, { query, signal });
export const getText = (path, query, signal) => ask('GET', path, { query, signal, text: true });
export const send = (method, path, body) => ask(method, path, { body });

function keep(session) {
  csrf = session.csrf_token ?? null;
  return session;
}

export const session = async () => keep(await get('fleet/v1/session'));
export const signIn = async (token) => keep(await send('POST', 'fleet/v1/session', { token }));
export const signOut = async () => keep(await send('DELETE', 'fleet/v1/session'));

// Prometheus' answers come in an envelope.
export async function query(path, parameters, signal) {
  return (await get('api/v1/' + path, parameters, signal)).data;
}

export async function range(expression, start, end, step, signal) {
  const data = await query('query_range', { query: expression, start, end, step }, signal);
  return data.resultType === 'matrix' ? data.result : [];
}

// A label's value inside an expression.
export const quoted = (text) => JSON.stringify(String(text));

// The server's events: one connection for the whole page. Connects again by itself, and says how it stands.
export function listen(handlers, onState) {
  let source = null;
  let timer = null;
  let pause = 1000;
  const open = () => {
    source = new EventSource(new URL('fleet/v1/events?kinds=board,agent,alert,spans_lost', document.baseURI));
    source.onopen = () => { pause = 1000; onState('live'); };
    source.onerror = () => {
      onState('lost');
      source.close();
      timer = setTimeout(open, pause);
      pause = Math.min(pause * 2, 30000);
    };
    for (const kind of ['board', 'agent', 'alert', 'spans_lost']) {
      source.addEventListener(kind, (event) => {
        let data;
        try { data = JSON.parse(event.data); } catch { return; }
        handlers(kind, data);
      });
    }
  };
  open();
  return () => { clearTimeout(timer); source?.close(); };
}
