// What could be written at a place of a PromQL expression: functions, metrics, labels, values.

export const functions = ('abs absent absent_over_time avg_over_time ceil changes clamp clamp_max clamp_min count_over_time day_of_month day_of_week day_of_year days_in_month delta deriv exp floor ' +
  'histogram_avg histogram_count histogram_fraction histogram_quantile histogram_stddev histogram_sum hour idelta increase irate label_join label_replace last_over_time ln log10 log2 max_over_time ' +
  'min_over_time minute month predict_linear present_over_time quantile_over_time rate resets round scalar sgn sort sort_desc sqrt stddev_over_time sum_over_time time timestamp vector year').split(' ');
const aggregations = 'avg bottomk count count_values group max min quantile stddev stdvar sum topk'.split(' ');
const words = 'and bool by group_left group_right ignoring offset on or unless without'.split(' ');

// Where the cursor stands: inside braces (and of which metric), after a label's operator, or elsewhere.
export function contextAt(text, place) {
  const before = text.slice(0, place);
  let isString = null;
  let brace = -1;
  for (let index = 0; index < before.length; index += 1) {
    const sign = before[index];
    if (isString) {
      if (sign === '\\' && isString !== '`') index += 1;
      else if (sign === isString) isString = null;
    } else if (sign === '"' || sign === "'" || sign === '`') isString = sign;
    else if (sign === '{') brace = index;
    else if (sign === '}') brace = -1;
  }
  const word = /[\p{L}_:][\p{L}\p{N}_:]*$/u.exec(before)?.[0] ?? '';
  if (brace >= 0) {
    const metric = /([a-zA-Z_:][\w:]*)\s*$/.exec(before.slice(0, brace))?.[1] ?? null;
    const value = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*(["'])([^"']*)$/.exec(before.slice(brace));
    if (value) return { kind: 'value', label: value[1], metric, word: value[3] };
    return { kind: 'label', metric, word };
  }
  if (isString) return { kind: 'none', word: '' };
  if (/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*$/.test(before)) return { kind: 'label', metric: null, word };
  if (/\[[^\]]*$/.test(before)) return { kind: 'none', word: '' };
  return { kind: 'name', word };
}

function fitting(candidates, word, most) {
  const small = word.toLowerCase();
  const starting = [];
  const holding = [];
  for (const one of candidates) {
    const text = one.text.toLowerCase();
    if (text.startsWith(small)) starting.push(one);
    else if (small.length > 1 && text.includes(small)) holding.push(one);
  }
  return [...starting, ...holding].slice(0, most);
}

// - source: {metrics(), labels(metric), values(label, metric)}, each a promise of texts; metadata(name) what is known of a metric.
export async function complete(text, place, source) {
  const at = contextAt(text, place);
  let candidates = [];
  if (at.kind === 'value') candidates = (await source.values(at.label, at.metric)).map((one) => ({ text: one, kind: 'value' }));
  else if (at.kind === 'label') candidates = (await source.labels(at.metric)).filter((one) => one !== '__name__').map((one) => ({ text: one, kind: 'label' }));
  else if (at.kind === 'name' && at.word) {
    candidates = [...(await source.metrics()).map((one) => ({ text: one, kind: 'metric', note: source.metadata(one) })), ...functions.map((one) => ({ text: one, kind: 'function', insert: one + '(' })),
      ...aggregations.map((one) => ({ text: one, kind: 'aggregation' })), ...words.map((one) => ({ text: one, kind: 'word' }))];
  }
  const found = fitting(candidates, at.word, 40).filter((one) => one.text !== at.word || one.kind === 'function');
  return { from: place - at.word.length, to: place, found };
}
