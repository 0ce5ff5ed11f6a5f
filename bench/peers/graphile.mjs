// graphile.mjs - graphile-worker: by default, and ("drain") with its local queue and batched completion.
import { makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { address, counter, inBulk, inFlight, main, now, oneAtATime, rate, worker } from './common.mjs';

const CONCURRENCY = 64;
const pool = new pg.Pool({ connectionString: address, max: 20 });
const utils = await makeWorkerUtils({ pgPool: pool });
await utils.migrate();

const quiet = { logger: undefined, noHandleSignals: true };
const add = () => utils.addJob('noop', { skill: 'noop' });
const addBulk = (n) => pool.query(
  "select graphile_worker.add_jobs(array(select json_populate_record(null::graphile_worker.job_spec, '{\"identifier\":\"noop\",\"payload\":{\"skill\":\"noop\"}}') from generate_series(1, $1)))", [n]);

async function work(began, ended, preset = {}) {
  const runner = await run({
    pgPool: pool, concurrency: CONCURRENCY, pollInterval: 2000, ...quiet,
    taskList: { noop: async () => began() }, preset,
  });
  runner.events.on('job:complete', ended);
  return runner;
}
const batched = { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } };

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
    await work(seen.began, seen.ended, batched);
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
