// Makes the sites that the tests look at, then runs the tests and takes the screenshots. Run it by `make test-site`.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const site = dirname(dirname(fileURLToPath(import.meta.url)));
const workspace = dirname(site);
const work = mkdtempSync(join(tmpdir(), 'osmtracker-site-test-'));
const cargo = process.env.CARGO ?? 'cargo';
const debug = join(resolve(workspace, process.env.CARGO_TARGET_DIR ?? 'target'), 'debug');
const osmtracker = join(debug, 'osmtracker');
const env = { ...process.env, OSMTRACKER: osmtracker, SITES: join(work, 'sites'), DEMO: join(work, 'demo/site'), RECORDED: '' };
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

function run(command, args, more = {}) {
  const { status } = spawnSync(command, args, { cwd: site, env: { ...env, ...more }, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** The site of a recorded hour of a real server, where its data are: see docs/scenarios.md. */
async function recorded() {
  const data = resolve(process.env.OSMTRACKER_DATA ?? join(workspace, '../shared/data'), 'recorded-upstream');
  if (!existsSync(data)) {
    console.error('skipped: recorded.test.mjs: no recorded-upstream in $OSMTRACKER_DATA or ../shared/data');
    return '';
  }
  const replay = spawn(osmtracker, ['replay', '--listen', '127.0.0.1:0', data], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  process.on('exit', () => replay.kill());
  // How to follow it is what the program prints.
  const how = await new Promise((ready, failed) => {
    let printed = '';
    replay.stderr.on('data', (bytes) => {
      printed += bytes;
      const found = /ADIFF_URL='([^']+)' osmtracker run (.*--from-sequence \d+)/.exec(printed);
      if (found) ready({ adiff: found[1], args: found[2].split(' ') });
    });
    replay.on('exit', () => failed(new Error(`osmtracker replay ended: ${printed}`)));
  });
  const args = ['run', ...how.args, '--config', 'test/recorded.toml', '--data', join(work, 'recorded'), '--until-caught-up', '--no-serve', '--log-level', 'warn'];
  run(osmtracker, args, { OSMTRACKER_PIPELINE_HORIZON_HOURS: '0', OSMTRACKER_UPSTREAM_ADIFF_URL: how.adiff });
  replay.kill();
  return join(work, 'recorded/site');
}

// The whole workspace, as the other tests build it: a package alone would have other features, and be built once more.
run(cargo, ['build', '--quiet', '--workspace', '--bins', '--examples', '--locked']);
run(join(debug, 'examples/site'), [env.SITES]);
run(osmtracker, ['demo', '--data', dirname(env.DEMO), '--until-caught-up', '--no-serve', '--log-level', 'warn']);
env.RECORDED = await recorded();
const files = ['everywhere', 'map', 'hostile', 'list', 'recorded', 'background', 'feeds', 'program', 'words', 'cloudfront'].map((name) => `test/${name}.test.mjs`);
run('node', ['--test', '--test-concurrency=2', '--test-reporter=spec', ...files]);
// By itself: it measures.
run('node', ['--test', '--test-reporter=spec', 'test/budgets.test.mjs']);
run('node', ['test/shot.mjs', join(site, 'screenshots')]);
console.log('screenshots for a person to look at: site/screenshots');
