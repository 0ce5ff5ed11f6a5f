// pgboss.mjs - pg-boss. One by one: send and a worker that takes one at a time, as in its guide, polling as
// often as it may. Batched ("bulk", "drain"): insert of 1,000 and fetch/complete of 1,000.
import { PgBoss } from 'pg-boss';
import { address, count, counter, inBulk, inFlight, main, now, oneAtATime, rate, worker } from './common.mjs';

const POLL_S = 0.5, WORKERS = 20;
const boss = new PgBoss({ connectionString: address, max: 20 });
boss.on('error', (error) => process.stderr.write(`${error}\n`));
await boss.start();
await boss.createQueue('bench').catch(() => {});

const add = () => boss.send('bench', { skill: 'noop' });
const addBulk = (n) => boss.insert('bench', Array.from({ length: n }, () => ({ data: { skill: 'noop' } })));

async function workBatches(seen) {
  let left = count;
  while (left > 0) {
    const jobs = await boss.fetch('bench', { batchSize: 1000 });
    if (jobs.length === 0) continue;
    jobs.forEach(seen.began);
    await boss.complete('bench', jobs.map((job) => job.id));
    jobs.forEach(seen.ended);
    left -= jobs.length;
  }
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
    await workBatches(seen);
    const { first, last } = await seen.all;
    return rate(first, last);
  },
  async work() {
    const seen = counter();
    const finish = async (jobs) => { jobs.forEach(seen.began); };
    for (let i = 0; i < WORKERS; i++)
      await boss.work('bench', { batchSize: 64, pollingIntervalSeconds: POLL_S }, async (jobs) => {
        await finish(jobs);
        setImmediate(() => jobs.forEach(seen.ended));
      });
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
    await boss.work('bench', { pollingIntervalSeconds: POLL_S }, async () => started(now()));
    return oneAtATime(() => new Promise((resolve) => { started = resolve; add(); }));
  },
});
