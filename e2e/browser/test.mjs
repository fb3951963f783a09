// A biologist's first minute in a real browser: sign in, open, read, sign with two keys, follow the report to the end.
// In: the path of the executable. Out: one line per check; exit code 1 on the first that fails.
// Also: no request leaves this machine, no page needs a script to be read, axe-core finds nothing serious.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const executable = process.argv[2];
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const data = mkdtempSync(join(tmpdir(), 'paillasse-browser-'));
let passed = 0;

function check(name, condition, detail = '') {
  if (!condition) throw new Error(`${name} ${detail}`);
  passed += 1;
  console.log(`ok ${name}`);
}

async function start() {
  const server = spawn(executable, ['demo', '--data', data, '--web', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of server.stdout) {
    text += chunk;
    if (text.includes('Ctrl-C')) break;
  }
  const address = (label) => text.match(new RegExp(`${label}[^\\n]*(http://[^\\s/]+)`))[1];
  return { server, pages: address('Pages'), sandbox: address('Bac') };
}

const { server, pages, sandbox } = await start();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

async function signIn(context, name) {
  const page = await context.newPage();
  page.on('request', (request) => {
    const host = new URL(request.url()).hostname;
    if (host !== '127.0.0.1') throw new Error(`a request left this machine: ${host}`);
  });
  page.on('pageerror', (error) => { throw error; });
  await page.goto(`${pages}/connexion`);
  await page.locator('button', { hasText: name }).first().click();
  await page.waitForURL(`${pages}/**`);
  return page;
}

async function accessible(page, name) {
  await page.evaluate(await import('node:fs').then((fs) => fs.readFileSync(axe, 'utf8')));
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag22aa'] }));
  const grave = result.violations.filter((it) => ['serious', 'critical'].includes(it.impact));
  check(`axe finds nothing serious on ${name}`, grave.length === 0,
    JSON.stringify(grave.map((it) => [it.id, it.nodes.map((node) => node.target).slice(0, 3)])));
}

try {
  // axe is injected by the test, which the pages' policy rightly forbids to pages.
  const context = await browser.newContext({ bypassCSP: true, viewport: { width: 1400, height: 900 } });
  const page = await signIn(context, 'biologiste');
  check('the bench opens after sign-in', page.url().includes('/paillasse'));
  const n = await page.locator('tbody tr').count();
  check('dossiers wait for the biologist', n > 5, `${n}`);
  await accessible(page, 'the bench');

  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/dossiers/**');
  check('a dossier opens with the keyboard', true);
  const text = await page.locator('main').innerText();
  check('the most pressing dossier comes first', text.includes('Critique'), text.slice(0, 200));
  await accessible(page, 'a dossier');
  await page.keyboard.press('v');
  await page.waitForURL(/fait=signe/);
  check('one key validates and signs', true);

  await page.locator('a', { hasText: 'Version 1' }).first().click();
  await page.waitForURL('**/comptes-rendus/**');
  let received = '';
  for (let round = 0; round < 100; round += 1) {
    received = await page.locator('main').innerText();
    if ((received.match(/Reçu/g) ?? []).length >= 4) break;
    await page.waitForTimeout(200);
    await page.reload();
  }
  check('prescriber, copy, patient and DMP acknowledge on one page', (received.match(/Reçu/g) ?? []).length >= 4,
    received.slice(0, 600));
  await accessible(page, 'a report');

  // The self-presentable document needs HTTP to open itself; the browser's own notice about XSLT is not ours.
  const report = page.url().split('?')[0];
  const wrapped = await (await context.request.get(`${report}/auto-presentable`)).body();
  const documents = createServer((_, response) => response.setHeader('content-type', 'application/xml').end(wrapped));
  await new Promise((listening) => documents.listen(0, '127.0.0.1', listening));
  const own = await context.newPage();
  await own.goto(`${report}/niveau-3`);
  const itself = await context.newPage();
  await itself.goto(`http://127.0.0.1:${documents.address().port}/document.xml`);
  const said = async (it) => (await it.locator('main :is(h1, h2, h3, p, dt, dd, th, td)').allInnerTexts())
    .flatMap((text) => text.split(/[^\p{L}\p{N}]+/u)).filter(Boolean);
  const [ours, theirs] = [await said(own), new Set(await said(itself))];
  const unsaid = ours.filter((word) => !theirs.has(word));
  check('a self-presentable document shows itself as its page does', ours.length > 100 && unsaid.length === 0, `${unsaid}`);
  check('with the same drawings', (await own.locator('main svg').count()) === (await itself.locator('main svg').count()));
  await accessible(own, 'the page of a document');
  documents.close();

  const mailbox = await context.newPage();
  await mailbox.goto(`${sandbox}/boites`);
  const boxes = await mailbox.locator('main').innerText();
  check('the mail is in the mailbox of the prescriber and of the patient',
    boxes.includes('@medecin.test.mssante.fr') && boxes.includes('@patient.mssante.fr'));
  await mailbox.goto(`${sandbox}/dmp`);
  check('the report is in the DMP', (await mailbox.locator('main a').count()) > 0);

  for (const path of ['/comptes-rendus', '/doutes', '/receptions', '/veille', '/enregistrement', '/patients', '/guide', '/conformite', '/journal', '/boites', '/modeles-messages', '/annuaire', '/acheminement', '/courrier']) {
    await page.goto(pages + path);
    await accessible(page, path);
  }

  const bare = await browser.newContext({ javaScriptEnabled: false });
  const plain = await bare.newPage();
  await plain.goto(`${pages}/connexion`);
  await plain.locator('button', { hasText: 'technicien' }).first().click();
  await plain.locator('tbody a').first().click();
  check('a dossier reads without scripts', (await plain.locator('table').count()) > 0);

  const administrator = await signIn(await browser.newContext(), 'administrateur');
  const refused = await administrator.goto(`${pages}/comptes-rendus`);
  check('an administrator sees no result', refused.status() === 403, `${refused.status()}`);

  const dark = await browser.newContext({ bypassCSP: true, colorScheme: 'dark', viewport: { width: 420, height: 800 } });
  const narrow = await signIn(dark, 'biologiste');
  await accessible(narrow, 'the bench, dark and narrow');
  console.log(`browser: ${passed} passed, 0 failed`);
} catch (error) {
  console.error(`not ok ${error.message}`);
  console.log(`browser: ${passed} passed, 1 failed`);
  process.exitCode = 1;
} finally {
  await browser.close();
  server.kill('SIGINT');
  rmSync(data, { recursive: true, force: true });
}
