// Midnight, in an open model: each send time is set beforehand, whatever the answers do. One line of the journal an answer:
//   class status milliseconds-from-intended [tries number order]
import http from 'k6/http';
import exec from 'k6/execution';
import { sleep } from 'k6';
import { SharedArray } from 'k6/data';

const env = (name) => Number(__ENV[name]);
const BASE = __ENV.BASE, T0 = env('T0'), LEAD = env('LEAD'), AFTER = env('AFTER');
const USUAL = env('USUAL'), TIMES = env('TIMES'), ORDERS = env('ORDERS'), POLLS = env('POLLS');
const TRIES = 12, TURNS = 20, TIMEOUT = '60s', PAGE_TIMEOUT = '10s';

const people = new SharedArray('people', () => JSON.parse(open(__ENV.PEOPLE)));
const pages = new SharedArray('pages', () => JSON.parse(open(__ENV.PAGES)));
const browsers = new SharedArray('browsers', () => JSON.parse(open(__ENV.BROWSERS)));

const scenarios = {
  browse: {
    executor: 'ramping-arrival-rate', exec: 'browse', startRate: USUAL, timeUnit: '1s',
    preAllocatedVUs: Math.ceil(USUAL * TIMES), maxVUs: Math.ceil(USUAL * TIMES * 5), gracefulStop: PAGE_TIMEOUT,
    stages: [
      { duration: `${LEAD}s`, target: USUAL },
      { duration: '1s', target: USUAL * TIMES },
      { duration: `${AFTER - 1}s`, target: USUAL * TIMES },
    ],
  },
};
// One iteration a shopper, begun before its time and asleep until then: an arrival-rate executor silently drops
// what a busy machine lets it begin too late.
if (ORDERS > 0) scenarios.stroke = {
  executor: 'per-vu-iterations', exec: 'order', vus: ORDERS, iterations: 1,
  startTime: `${LEAD - 3}s`, maxDuration: `${AFTER + 90}s`, gracefulStop: '5s',
};
export const options = { scenarios, discardResponseBodies: true, systemTags: [], noCookiesReset: true };

const usualUntil = USUAL * LEAD, gain = USUAL * (TIMES - 1), rampUntil = USUAL + gain / 2;

function intendedPage(i) {
  const start = T0 - 1000 * LEAD, after = i - usualUntil;
  if (after < 0) return start + (1000 * i) / USUAL;
  if (after < rampUntil && gain) return T0 + (1000 * (Math.sqrt(USUAL * USUAL + 2 * gain * after) - USUAL)) / gain;
  return T0 + 1000 + (1000 * (after - rampUntil)) / (USUAL * TIMES);
}

export function browse() {
  const i = exec.scenario.iterationInTest;
  if (!exec.vu.iterationInScenario) wear(browsers[exec.vu.idInTest % browsers.length]);
  const answer = http.get(BASE + pages[i % pages.length], { timeout: PAGE_TIMEOUT });
  const when = i < usualUntil ? 'page-usual' : 'page-rush';
  tell(when, answer.status, Date.now() - intendedPage(i));
}

export function order() {
  const i = exec.scenario.iterationInTest, who = people[i];
  if (!who) return;
  const intended = T0 + (1000 * i) / ORDERS, early = intended - Date.now();
  if (early > 0) sleep(early / 1000);
  wear(who);
  const form = who.body ? { to: '/minuit/commande', body: who.body } : checkout(who);
  if (!form) return tell('order', 0, Date.now() - intended, 1, who.n, '-');
  const { answer, tries } = persist((headers) => http.post(BASE + form.to, form.body, { headers: { ...headers, ...FORM, 'x-kept': '1' }, ...ASKED }));
  const to = placed(answer);
  tell('order', answer.status, Date.now() - intended, tries, who.n, to ? to.split(/[/?]/)[2] : '-');
  if (to) follow(to, afterOf(answer));
  else if (__ENV.SHOW) console.log(`# ${answer.status} ${(answer.body || answer.error || '').replace(/\s+/g, ' ').slice(0, 20000)}`);
}

// The confirmation, when the answer says that there is room for it, and its living part while the page stays open.
function follow(to, after) {
  sleep(after / 1000);
  let sent = Date.now();
  const { answer, tries } = persist((headers) => http.get(BASE + to, { headers, timeout: TIMEOUT }));
  tell('confirmation', answer.status, Date.now() - sent, tries);
  for (let poll = 0; poll < POLLS; poll += 1) {
    sleep(8 + 4 * Math.random());
    sent = Date.now();
    tell('status', http.get(`${BASE}${to.split('?')[0]}/etat`, { timeout: TIMEOUT }).status, Date.now() - sent);
  }
}

// The way of who has no midnight page open: slots, a place held, the checkout page.
function checkout(who) {
  persist((headers) => http.get(`${BASE}/creneaux?jour=${who.day}`, { headers, ...ASKED }));
  for (const slot of who.slots) {
    const held = inTurn((headers) => http.post(`${BASE}/panier/creneau`, { _csrf_token: who.csrf, slot }, { headers, ...ASKED }));
    if (!held || held.status !== 303) continue;
    const page = inTurn((headers) => http.get(`${BASE}/commande`, { headers, ...ASKED }));
    if (!page || page.status !== 200) return null;
    const hidden = {};
    for (const name of ['_csrf_token', 'idempotency_key', 'cart', 'slot', 'shown']) hidden[name] = valueOf(page.body, name);
    return { to: '/commande', body: { ...hidden, ...who.form } };
  }
  return null;
}

// Who is sent to the waiting room takes a place there and comes back until it is let in; null: not in this rehearsal.
function inTurn(send) {
  for (let turn = 0; turn < TURNS; turn += 1) {
    const { answer } = persist((headers) => send({ ...headers, accept: 'text/html' }));
    const room = answer.status === 303 && (answer.headers.Location || '').startsWith('/salle/');
    if (!room) return answer;
    persist((headers) => http.get(BASE + answer.headers.Location, { headers: { ...headers, accept: 'text/html' }, ...ASKED }));
    sleep(5 + 5 * Math.random());
  }
  return null;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const ASKED = { responseType: 'text', redirects: 0, timeout: TIMEOUT };

// As the page's script does: an answer that is no answer is asked for again, with the same key.
function persist(send) {
  for (let tries = 1; ; tries += 1) {
    const began = Date.now();
    const answer = send({ 'sec-fetch-site': 'same-origin', accept: 'text/html, application/json' });
    if (__ENV.TRIES) console.log(`# try ${tries} ${answer.status} ${answer.error_code} ${began - T0} ${Date.now() - began} ${answer.error}`);
    if (![0, 429, 502, 503, 504].includes(answer.status) || tries === TRIES) return { answer, tries };
    const asked = Number(answer.headers['Retry-After'] || 1);
    sleep(asked * (0.75 + Math.random() / 2));
  }
}

function placed(answer) {
  if (answer.status === 303) return answer.headers.Location || '';
  if (answer.status !== 200 || !(answer.headers['Content-Type'] || '').includes('json')) return '';
  return JSON.parse(answer.body).to || '';
}

function afterOf(answer) {
  return answer.status === 200 ? JSON.parse(answer.body).after_ms || 0 : 0;
}

function valueOf(page, name) {
  const found = new RegExp(`name="${name}" value="([^"]*)"`).exec(page || '');
  return found ? found[1] : '';
}

function wear(who) {
  const jar = http.cookieJar();
  jar.set(BASE, 'cabas_visitor', who.visitor);
  if (who.session) jar.set(BASE, 'cabas_session', who.session);
}

function tell(kind, status, ms, ...rest) {
  console.log(`${kind} ${status} ${Math.round(ms)} ${rest.join(' ')}`);
}
