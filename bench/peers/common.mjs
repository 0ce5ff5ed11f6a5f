// common.mjs - what every peer's program shares: node FILE MODE COUNT ADDRESS -> one JSON line.
//
//   single  COUNT jobs, each after the answer to the one before      {rate}
//   submit  COUNT jobs one by one, 64 in flight                     {rate}
//   bulk    COUNT jobs in calls of 1,000                            {rate}
//   drain   COUNT jobs that wait, from the first start to the last  {rate}
//   work    a worker until COUNT jobs have ended (the other half of "both")
//   both    submit here while another process works: first submit to last end  {rate}
//   idle    COUNT jobs, one at a time, submitted -> started         {p50_us, p99_us}
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const [mode, countText, address] = process.argv.slice(2);
export const IN_FLIGHT = mode === 'single' ? 1 : 64;
export const count = Number(countText);

export const now = () => performance.timeOrigin + performance.now();

// Run `one(i)` for 0..count-1 with IN_FLIGHT of them unanswered at a time.
export async function inFlight(one) {
  let next = 0;
  const lane = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

export async function inBulk(many) {
  for (let at = 0; at < count; at += 1000) await many(Math.min(1000, count - at));
}

export const rate = (from, to) => ({ rate: (count / (to - from)) * 1000, seconds: (to - from) / 1000 });

// Another process of the same program in mode "work"; resolves when it is ready, then `.ended` is when its
// last job ended.
export async function worker(file) {
  const child = fork(fileURLToPath(file), ['work', String(count), address], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const wait = (name) => new Promise((done, fail) => {
    child.on('message', (message) => message[name] && done(message[name]));
    child.on('exit', (code) => code && fail(new Error(`the worker ended with ${code}`)));
  });
  const ended = wait('ended');
  await wait('ready');
  return { ended };
}

// In the child: call `began()` at each start and `ended()` at each end.
export function counter() {
  let begun = 0, done = 0, first = 0;
  let finish;
  const all = new Promise((resolve) => { finish = resolve; });
  return {
    began() { if (begun++ === 0) first = now(); },
    ended() { if (++done === count) finish({ first, last: now() }); },
    all,
  };
}

export function percentiles(milliseconds) {
  const sorted = milliseconds.sort((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.floor(sorted.length * share)] * 1000);
  return { p50_us: at(0.5), p99_us: at(0.99) };
}

// One job at a time with a pause: `submit()` puts it in, `started(resolve)` hears of its start.
export async function oneAtATime(submit) {
  const waits = [];
  for (let i = 0; i < count; i++) {
    const from = now();
    waits.push((await submit()) - from);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return percentiles(waits);
}

export async function main(modes) {
  const answer = await modes[mode === 'single' ? 'submit' : mode]();
  if (answer) process.stdout.write(`${JSON.stringify(answer)}\n`);
  process.exit(0);
}
