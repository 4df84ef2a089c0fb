// Orders through the public API at one rate, in an open model. One line of the journal an answer:
//   order status milliseconds-from-intended tries number order
import http from 'k6/http';
import exec from 'k6/execution';
import { sleep } from 'k6';
import { SharedArray } from 'k6/data';

const BASE = __ENV.BASE, T0 = Number(__ENV.T0), RATE = Number(__ENV.RATE), SECONDS = Number(__ENV.SECONDS);
const TRIES = 6;
const orders = new SharedArray('orders', () => open(__ENV.ORDERS).trim().split('\n'));

export const options = {
  scenarios: {
    orders: {
      executor: 'constant-arrival-rate', rate: RATE, timeUnit: '1s', duration: `${SECONDS}s`,
      preAllocatedVUs: RATE, maxVUs: 10 * RATE, gracefulStop: '30s',
    },
  },
  discardResponseBodies: true,
  systemTags: [],
};

export default function () {
  const i = exec.scenario.iterationInTest;
  if (i >= orders.length) return;
  const [token, key, body] = orders[i].split('\t');
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key, 'content-type': 'application/json' };
  let answer, tries = 0;
  do {
    if (tries) sleep(Number(answer.headers['Retry-After'] || 1) * (0.75 + Math.random() / 2));
    answer = http.post(`${BASE}/api/v1/orders`, body, { headers, responseType: 'text', timeout: '20s' });
    tries += 1;
  } while ([0, 429, 502, 503, 504].includes(answer.status) && tries < TRIES);
  const place = (answer.status === 201 && /"id":"([0-9a-f-]{36})"/.exec(answer.body) || [])[1] || '-';
  console.log(`order ${answer.status} ${Math.round(Date.now() - (T0 + (1000 * i) / RATE))} ${tries} ${i} ${place}`);
}
