// bullmq.mjs - BullMQ as its documentation sets it up; what ended is removed, which is its fastest way.
import { Queue, Worker } from 'bullmq';
import Redis from 'ioredis';
import { address, counter, inBulk, inFlight, main, now, oneAtATime, rate, worker } from './common.mjs';

const CONCURRENCY = 100;
const connect = () => new Redis({ path: address, maxRetriesPerRequest: null });
const options = { removeOnComplete: true, removeOnFail: true };
const queue = new Queue('bench', { connection: connect(), defaultJobOptions: options });
await queue.waitUntilReady();

const add = () => queue.add('noop', { skill: 'noop' });
const addBulk = (n) => queue.addBulk(Array.from({ length: n }, () => ({ name: 'noop', data: { skill: 'noop' } })));

function work(began, ended) {
  const w = new Worker('bench', async () => began(), { connection: connect(), concurrency: CONCURRENCY });
  w.on('completed', ended);
  return w.waitUntilReady();
}

await main({
  async submit() {
    const from = now();
    await inFlight(add);
    return rate(from, now());
  },
  async bulk() {
    const from = now();
    await inBulk(addBulk);
    return rate(from, now());
  },
  async drain() {
    await inBulk(addBulk);
    const seen = counter();
    await work(seen.began, seen.ended);
    const { first, last } = await seen.all;
    return rate(first, last);
  },
  async work() {
    const seen = counter();
    await work(seen.began, seen.ended);
    process.send({ ready: true });
    process.send({ ended: (await seen.all).last }, () => process.exit(0));
    await new Promise(() => {});
  },
  async both() {
    const { ended } = await worker(import.meta.url);
    const from = now();
    await inFlight(add);
    return rate(from, await ended);
  },
  async idle() {
    let started = () => {};
    await work(() => started(now()), () => {});
    return oneAtATime(() => new Promise((resolve) => { started = resolve; add(); }));
  },
});
