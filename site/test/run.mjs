// Generates the sites that the tests look at, then runs the tests and takes the screenshots. Run it by `make test-site`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const site = dirname(dirname(fileURLToPath(import.meta.url)));
const work = mkdtempSync(join(tmpdir(), 'osmtracker-site-test-'));
const env = { ...process.env, SITES: join(work, 'sites'), DEMO: join(work, 'demo/site') };
const cargo = process.env.CARGO ?? 'cargo';

function run(command, ...args) {
  const { status } = spawnSync(command, args, { cwd: site, env, stdio: 'inherit' });
  if (status === 0) return;
  rmSync(work, { recursive: true, force: true });
  process.exit(status ?? 1);
}

run(cargo, 'run', '--quiet', '--locked', '-p', 'osmtracker-pages', '--example', 'site', '--', env.SITES);
run(cargo, 'run', '--quiet', '--locked', '-p', 'osmtracker', '--', 'demo', '--data', dirname(env.DEMO), '--until-caught-up', '--no-serve', '--log-level', 'warn');
const files = ['list', 'map', 'hostile', 'everywhere'].map((name) => `test/${name}.test.mjs`);
run('node', '--test', '--test-concurrency=2', '--test-reporter=spec', ...files);
// By itself: it measures.
run('node', '--test', '--test-reporter=spec', 'test/budgets.test.mjs');
run('node', 'test/shot.mjs', env.SITES, join(site, 'screenshots'));
rmSync(work, { recursive: true, force: true });
console.log('screenshots for a person to look at: site/screenshots');
