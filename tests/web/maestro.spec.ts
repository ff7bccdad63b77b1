import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { accessible, choose, cloud, logIn, mock, names, person, rowNames, table } from './helpers';

test.describe.configure({ mode: 'serial' });

let context: BrowserContext;
let page: Page;
const problems: string[] = [];

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1360, height: 900 } });
  page = await context.newPage();
  page.on('pageerror', (e) => problems.push(`${page.url()}: ${e.message}`));
  page.on('console', (m) => {
    // Refused requests are part of these tests; everything else in the console is a fault.
    if (m.type() === 'error' && !/Failed to load resource|net::ERR/.test(m.text())) problems.push(`${page.url()}: ${m.text()}`);
  });
});
test.afterAll(async () => {
  await context.close();
});

// --- account ---------------------------------------------------------------

test('a page needs a login and is not lost by it', async () => {
  await page.goto('/ui/servers?sort=-name');
  await expect(page).toHaveURL(/\/ui\/login\?next=/);
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await expect(page).toHaveTitle('Log in · Maestro');
  await accessible(page, 'login');
});

test('the start page leads into the UI', async () => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/ui\/login/);
});

test('sign up: errors at their field, then straight in', async () => {
  await page.goto('/ui/signup');
  await accessible(page, 'sign-up');
  await page.getByLabel('Name').fill('x');
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Name').fill(person.name);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await expect(page.getByRole('button', { name: `Account menu of ${person.name}` })).toBeVisible();
});

test('an empty inventory shows the way to the first connection', async () => {
  await expect(page.getByText('Your inventory is empty')).toBeVisible();
  await accessible(page, 'empty overview');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Servers' }).click();
  await expect(page.getByText('No servers yet')).toBeVisible();
  await accessible(page, 'empty servers');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connections' }).click();
  await expect(page.getByText('No connections yet')).toBeVisible();
});

test('log out; a wrong password is named as such; log in', async () => {
  await page.getByRole('button', { name: /Account menu/ }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page).toHaveURL(/\/ui\/login/);
  await logIn(page, 'not-it');
  await expect(page.getByRole('alert')).toHaveText('The e-mail address or the password is wrong.');
  await accessible(page, 'refused login');
  await logIn(page);
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
});

test('an e-mail address has one account', async ({ browser }) => {
  const other = await browser.newPage();
  await other.goto('/ui/signup');
  await other.getByLabel('Name').fill('somebody');
  await other.getByLabel('E-mail address').fill(person.email);
  await other.getByLabel('Password', { exact: true }).fill('whatever-1');
  await other.getByRole('button', { name: 'Create account' }).click();
  await expect(other.getByText('already has an account')).toBeVisible();
  await other.close();
});

// --- connect a cloud -----------------------------------------------------------

test('create a datacenter', async () => {
  await page.goto('/ui/datacenters');
  await page.getByRole('link', { name: 'New datacenter' }).first().click();
  await accessible(page, 'new datacenter');
  await page.getByRole('button', { name: 'Create datacenter' }).click();
  await expect(page.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Name').fill(names.dc);
  await choose(page, 'Provider', 'AWS');
  await page.getByRole('button', { name: 'Create datacenter' }).click();
  await expect(page.getByRole('heading', { name: names.dc })).toBeVisible();
  await accessible(page, 'datacenter');
  await page.goto('/ui/datacenters');
  await expect(page.getByRole('link', { name: names.dc })).toBeVisible();
  await accessible(page, 'datacenters');
});

async function fillConnection(secret: string) {
  await page.getByRole('radio', { name: /AWS/ }).check();
  if (cloud.url) await page.locator('input[name="endpoint"], input[name="conn-url"]').fill(cloud.url);
  await page.locator('input[name="conn-access"]').fill(cloud.access);
  await page.locator('input[name="conn-secret"]').fill(secret);
  for (const r of cloud.regions) await choose(page, 'Regions', r);
  await page.keyboard.press('Escape');
}

test('new connection: what is missing is said before anything is sent', async () => {
  await page.goto('/ui/connections/new');
  await page.getByRole('radio', { name: /AWS/ }).check();
  await page.getByRole('button', { name: 'Save and start discovery' }).click();
  await expect(page.getByText('Choose at least one region.')).toBeVisible();
  await expect(page.getByText('Give the connection a name.')).toBeVisible();
  await accessible(page, 'new connection');
});

test('secrets are password inputs that no browser fills in', async () => {
  const secret = page.locator('input[name="conn-secret"]');
  await expect(secret).toHaveAttribute('type', 'password');
  await expect(secret).toHaveAttribute('autocomplete', 'new-password');
});

test('a wrong key fails the test of the connection, step by step', async () => {
  await page.goto('/ui/connections/new');
  await fillConnection('wrong-secret');
  await page.getByRole('button', { name: 'Test connection' }).click();
  const steps = page.locator('section', { has: page.getByRole('heading', { name: 'Test', exact: true }) }).getByRole('listitem');
  await expect(steps.filter({ hasText: 'Sign in' })).toContainText('failed', { timeout: 30_000 });
  await accessible(page, 'failed connection test');
});

test('a good key passes the test', async () => {
  await page.locator('input[name="conn-secret"]').fill(cloud.secret);
  await page.getByRole('button', { name: 'Test connection' }).click();
  const steps = page.locator('section', { has: page.getByRole('heading', { name: 'Test', exact: true }) }).getByRole('listitem');
  await expect(steps.filter({ hasText: 'Sign in' })).toContainText('succeeded', { timeout: 30_000 });
  await expect(steps.filter({ hasText: 'failed' })).toHaveCount(0);
});

test('a datacenter can be made within the form; saving starts discovery', async () => {
  await page.getByRole('button', { name: 'Create a datacenter' }).click();
  await page.getByLabel('Name of the new datacenter').fill(`${names.dc}-b`);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByText(`Datacenter ${names.dc}-b was created.`)).toBeVisible();
  await page.getByLabel('Connection name').fill(names.connection);
  await page.getByRole('button', { name: 'Save and start discovery' }).click();
  await expect(page).toHaveURL(/\/ui\/connections\/[0-9a-f]{24}$/);
  await expect(page.getByRole('heading', { name: names.connection })).toBeVisible();
});

/** Name of the task that reads servers, as the product calls it. */
let task = '';

test('the run is watched live until it is complete', async () => {
  const id = page.url().split('/').pop();
  const tasks = (await (await page.request.get(`/connections/${id}/tasks`)).json()).items as { label: string; entity: string }[];
  task = tasks.find((t) => t.entity === 'servers')!.label;
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const run = page.getByRole('region', { name: `Run of ${task}`, exact: true });
  await expect(run).toBeVisible({ timeout: 30_000 });
  for (const r of cloud.regions) await expect(run.getByRole('cell', { name: r, exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(run.locator('header').getByText('Complete', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(run.locator('.summary')).toContainText(/[1-9]\d* seen/);
  await expect(table(page, 'Tasks').getByRole('row', { name: new RegExp(task) })).toContainText('Complete');
  await expect(table(page, 'Run history').getByRole('row')).not.toHaveCount(1);
  await accessible(page, 'connection');
});

test('sync by hand makes a second run that changes nothing', async () => {
  await page.getByRole('button', { name: `Sync ${task} now` }).click();
  const history = table(page, 'Run history').getByRole('row', { name: new RegExp(task) });
  await expect(history).toHaveCount(2, { timeout: 30_000 });
  await expect(history.first()).toContainText('Complete', { timeout: 60_000 });
  await expect(history.first()).toContainText('unchanged');
  await expect(history.first()).toContainText(person.name);
  await history.first().getByRole('button', { name: /Details/ }).click();
  await expect(table(page, 'Run history').getByRole('region', { name: `Run of ${task}` })).toBeVisible();
});

test('the schedule of a task can be changed', async () => {
  await page.getByRole('button', { name: `Change the schedule of ${task}` }).click();
  await page.getByLabel(`${task}: every`).fill('15');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(table(page, 'Tasks').getByRole('row', { name: new RegExp(task) })).toContainText('Every 15 minutes');
  await page.reload();
  await expect(table(page, 'Tasks').getByRole('row', { name: new RegExp(task) })).toContainText('Every 15 minutes');
});

test('a connection is edited with its credentials kept', async () => {
  await page.getByRole('link', { name: 'Edit' }).click();
  await expect(page.getByText('The stored credentials are kept.')).toBeVisible();
  await accessible(page, 'edit connection');
  await page.getByLabel('Connection name').fill(`${names.connection} x`);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: `${names.connection} x` })).toBeVisible();
  await page.goto('/ui/connections');
  await expect(table(page, 'Connections').getByRole('row', { name: /AWS/ })).toContainText('Complete');
  await accessible(page, 'connections');
});

// --- lists ---------------------------------------------------------------------

interface FieldMeta {
  path: string;
  label: string;
  type: string;
  list: boolean;
  column: boolean;
  filter: string;
  sortable: boolean;
}

async function fields(): Promise<FieldMeta[]> {
  return (await (await page.request.get('/meta/entities/servers')).json()).fields;
}

async function found(): Promise<number> {
  const text = await page.getByRole('navigation', { name: 'Pages' }).locator('strong').textContent();
  return Number((text ?? '').replace(/\D/g, ''));
}

test('servers are listed with units and their state', async () => {
  await page.goto('/ui/servers');
  await expect(table(page, 'Servers')).toBeVisible();
  expect(await found()).toBeGreaterThan(0);
  await expect(page).toHaveTitle('Servers · Maestro');
  await expect(table(page, 'Servers').locator('time').first()).toHaveAttribute('title', /\d{4}/);
  await accessible(page, 'servers');
});

test('the order is the server’s, and the URL keeps it', async () => {
  const header = table(page, 'Servers').getByRole('columnheader', { name: 'Name' });
  await expect(header).toHaveAttribute('aria-sort', 'ascending');
  await header.getByRole('button').click();
  await expect(header).toHaveAttribute('aria-sort', 'descending');
  await expect(page).toHaveURL(/sort=-name/);
  const answer = await page.request.get('/servers?limit=1&page=1&orderBy=name&ascending=0');
  const first = (await answer.json()).items[0].name as string;
  await expect.poll(async () => (await rowNames(page))[0]).toBe(first);
  await page.goBack();
  await expect(header).toHaveAttribute('aria-sort', 'ascending');
  await expect(page).not.toHaveURL(/sort=/);
});

test('pages: next, number, rows per page, back button, a page beyond the end', async () => {
  await page.goto('/ui/servers');
  await expect(table(page, 'Servers')).toBeVisible();
  const total = await found();
  expect(total, 'more than one page of servers').toBeGreaterThan(25);
  const before = await rowNames(page);
  await page.getByRole('button', { name: 'Next page' }).click();
  await expect(page).toHaveURL(/page=2/);
  await expect.poll(() => rowNames(page)).not.toEqual(before);
  await expect(page.getByRole('navigation', { name: 'Pages' })).toContainText('26–');
  await page.goBack();
  await expect.poll(() => rowNames(page)).toEqual(before);
  await page.getByLabel('Rows').selectOption('100');
  await expect(page).toHaveURL(/size=100/);
  await expect.poll(async () => (await rowNames(page)).length).toBe(Math.min(100, total));
  await page.goto('/ui/servers?page=9999');
  await page.getByRole('button', { name: 'Go to the first page' }).click();
  await expect.poll(() => rowNames(page)).toEqual(before);
});

test('filters: text, choice, nothing matches, clear', async () => {
  await page.goto('/ui/servers?size=25');
  await expect(table(page, 'Servers')).toBeVisible();
  const name = (await rowNames(page))[0] as string;
  await page.getByLabel('Name contains').fill(name);
  await expect(page).toHaveURL(/f\.name=/);
  await expect.poll(async () => (await rowNames(page)).every((n) => n.toLowerCase().includes(name.toLowerCase()))).toBe(true);
  await page.getByLabel('Name contains').fill('zz(no such');
  await expect(page.getByText('No servers match')).toBeVisible();
  await accessible(page, 'no match');
  await page.getByRole('button', { name: 'Clear filters' }).last().click();
  await expect(table(page, 'Servers')).toBeVisible();
  await expect(page).not.toHaveURL(/f\./);
  const all = await found();

  const status = page.getByRole('combobox', { name: 'Status' });
  await status.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: /^Active\b/ }).click();
  await expect(page).toHaveURL(/f\.status=Active/);
  await expect.poll(found).toBeLessThanOrEqual(all);
  const count = await (await page.request.get('/servers/count?status[in]=Active')).json();
  await expect.poll(found).toBe(count.count);
});

test('several values of a choice are met by any of them, and the link keeps them', async () => {
  await page.goto('/ui/servers?f.status=Active,Stopped');
  const both = (await (await page.request.get('/servers/count?status[in]=Active,Stopped')).json()).count as number;
  await expect.poll(found).toBe(both);
  const status = page.locator('[data-filter="status"]');
  await expect(status).toContainText('Active');
  await page.getByRole('combobox', { name: 'Status' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: /^Stopped\b/ }).click();
  await expect(page).toHaveURL(/f\.status=Active(&|$)/);
  await page.keyboard.press('Escape');
  await accessible(page, 'several values');
});

test('a filter that is not shown at first can be added', async () => {
  const ip = (await fields()).find((f) => f.path === 'ipv4_private')!;
  await page.goto('/ui/servers');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('menuitem', { name: ip.label, exact: true }).click();
  const box = page.getByLabel(`${ip.label} is in or contains`);
  await expect(box).toBeFocused();
  await box.fill('10.');
  await expect(page).toHaveURL(/f\.ipv4_private=10\./);
  const parts = (await (await page.request.get('/servers/count?ipv4_private[contains]=10.')).json()).count as number;
  await expect.poll(found).toBe(parts);
  await box.fill('10.0.0.0/8');
  await expect(page).toHaveURL(/f\.ipv4_private=10\.0\.0\.0(\/|%2F)8/);
  const inside = (await (await page.request.get('/servers/count?ipv4_private[within]=10.0.0.0/8')).json()).count as number;
  if (inside) await expect.poll(found).toBe(inside);
  else await expect(page.getByText('No servers match')).toBeVisible();
  await page.getByRole('button', { name: `Remove filter ${ip.label}` }).click();
  await expect(page).not.toHaveURL(/f\./);
});

test('tags are found by key, and by key and value', async () => {
  const tagged = (await (await page.request.get('/servers?limit=100&page=1&sort=name&fields=tags')).json()).items as { tags?: { key: string; value: string }[] }[];
  const tag = tagged.flatMap((x) => x.tags ?? []).find((t) => /^[\w-]+$/.test(t.key) && /^[\w-]+$/.test(t.value))!;
  await page.goto('/ui/servers');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Tags', exact: true }).click();
  for (const wanted of [tag.key, `${tag.key}=${tag.value}`]) {
    await page.getByLabel('Tags have').fill(wanted);
    const count = (await (await page.request.get(`/servers/count?tags[has]=${encodeURIComponent(wanted)}`)).json()).count as number;
    expect(count).toBeGreaterThan(0);
    await expect.poll(found).toBe(count);
  }
  await page.getByLabel('Tags have').fill('no-such-key');
  await expect(page.getByText('No servers match')).toBeVisible();
});

test('numbers and days are filtered by range', async () => {
  const number = (await fields()).find((f) => f.filter === 'range' && f.type === 'number')!;
  await page.goto('/ui/servers');
  await expect(table(page, 'Servers')).toBeVisible();
  const all = await found();
  await page.goto(`/ui/servers?f.${number.path}=0..1000000`);
  await expect(page.getByLabel(`${number.label} to`)).toHaveValue('1000000');
  await expect(table(page, 'Servers').or(page.getByText('No servers match'))).toBeVisible();
  await page.getByLabel(`${number.label} to`).fill('0');
  await expect(page.getByText('No servers match')).toBeVisible();
  const today = new Date().toISOString().slice(0, 4);
  await page.goto(`/ui/servers?f.updated_at=2000-01-01..${Number(today) + 2}-01-01`);
  await expect.poll(found).toBe(all);
  await page.goto('/ui/servers?f.updated_at=..2000-01-01');
  await expect(page.getByText('No servers match')).toBeVisible();
});

test('a time is filtered by a period back from now, or by two days', async () => {
  await page.goto('/ui/servers');
  const all = await found();
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Updated', exact: true }).click();
  const period = page.getByLabel('Updated period');
  await expect(period).toBeFocused();
  await expect(page.getByLabel('Updated from')).toHaveCount(0);
  await period.selectOption('last 7 days');
  await expect(page).toHaveURL(/f\.updated_at=-7d/);
  const recent = (await (await page.request.get('/servers/count?updated_at[gte]=-7d')).json()).count as number;
  if (recent) await expect.poll(found).toBe(recent);
  await accessible(page, 'period');
  await period.selectOption('between…');
  await expect(page).not.toHaveURL(/f\./);
  await expect.poll(found).toBe(all);
  await page.getByLabel('Updated to').fill('2000-01-01');
  await expect(page).toHaveURL(/f\.updated_at=\.\.2000-01-01/);
  await expect(page.getByText('No servers match')).toBeVisible();
  // A colleague's link shows the same.
  await page.goto('/ui/servers?f.updated_at=-36h');
  await expect(period).toHaveValue('-36h');
  await page.getByRole('button', { name: 'Remove filter Updated' }).click();
  await expect(page).not.toHaveURL(/f\./);
});

test('columns are chosen, kept in the link and remembered', async () => {
  const all = await fields();
  const usual = all.filter((f) => f.list && f.column && f.path !== 'name').pop()!;
  const extra = all.find((f) => !f.list && f.column)!;
  const header = (f: FieldMeta) => table(page, 'Servers').getByRole('columnheader', { name: f.label, exact: true });
  await page.goto('/ui/servers');
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('checkbox', { name: extra.label, exact: true }).click();
  await expect(header(extra)).toBeVisible();
  await accessible(page, 'column chooser');
  await page.getByRole('checkbox', { name: usual.label, exact: true }).click();
  await expect(header(usual)).toHaveCount(0);
  await expect(page).toHaveURL(/cols=/);
  const link = page.url();
  // The menu leads to the list as it was left.
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Servers' }).click();
  await expect(header(extra)).toBeVisible();
  // A colleague with other habits sees what the link says.
  await page.evaluate(() => localStorage.clear());
  await page.goto(link);
  await expect(header(extra)).toBeVisible();
  await expect(header(usual)).toHaveCount(0);
});

test('one link holds the whole view', async () => {
  const region = (await fields()).find((f) => f.path === 'datacenters.region')!;
  await page.goto(`/ui/servers?f.status=Active&sort=-${region.path}&size=50&cols=name,${region.path}`);
  await expect(table(page, 'Servers')).toBeVisible();
  const first = await rowNames(page);
  const copy = await context.newPage();
  await copy.goto(page.url());
  await expect.poll(() => rowNames(copy)).toEqual(first);
  await expect(table(copy, 'Servers').getByRole('columnheader', { name: region.label, exact: true })).toHaveAttribute('aria-sort', 'descending');
  await expect(table(copy, 'Servers').getByRole('columnheader')).toHaveCount(2);
  await copy.close();
});

test('a failing list says so and can be tried again', async () => {
  await page.route(/\/servers\?/, (r) => r.fulfill({ status: 500, body: '{"err":{"name":"Error","errors":"disk full","request_id":"r-1"}}' }));
  await page.goto('/ui/servers');
  await expect(page.getByRole('alert')).toContainText('Servers could not be loaded');
  await expect(page.getByRole('alert')).toContainText('disk full (request r-1)');
  await page.unroute(/\/servers\?/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(table(page, 'Servers')).toBeVisible();
});

test('flavors', async () => {
  await page.goto('/ui/flavors');
  await expect(page.getByRole('heading', { name: 'Flavors', exact: true })).toBeVisible();
  await accessible(page, 'flavors');
});

// --- one server ------------------------------------------------------------------

test('a server shows grouped fields, sources and its changes', async () => {
  await page.goto('/ui/servers');
  await table(page, 'Servers').locator('td.head a').first().click();
  await expect(page).toHaveURL(/\/ui\/servers\/[0-9a-f]{24}$/);
  for (const g of ['General', 'Hardware', 'Network', 'Placement']) await expect(page.getByRole('heading', { name: g, exact: true })).toBeVisible();
  await expect(page.getByLabel('Discovered by')).toContainText(names.connection);
  await expect(page.locator('.line', { hasText: 'Region' }).first()).toContainText(names.connection);
  await expect(page.locator('.timeline')).toContainText('created it');
  await accessible(page, 'server');
});

test('an edited field is pinned, shows up in the changes and can be unpinned', async () => {
  await page.getByRole('button', { name: 'Edit' }).click();
  await accessible(page, 'edit server');
  await page.getByLabel('Role', { exact: true }).fill('ui-role');
  await page.getByRole('button', { name: 'Save' }).click();
  const line = page.locator('.line', { has: page.locator('dt', { hasText: /^Role$/ }) });
  await expect(line).toContainText('ui-role');
  await expect(line).toContainText(`Pinned by ${person.name}`);
  await expect(page.locator('.timeline > li').first()).toContainText('ui-role');
  await expect(page.locator('.timeline > li').first()).toContainText(person.name);
  await accessible(page, 'pinned field');
  await page.getByRole('button', { name: 'Unpin Role' }).click();
  await expect(page.getByRole('button', { name: 'Unpin Role' })).toHaveCount(0);
});

test('tags are edited; a value can be emptied', async () => {
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('button', { name: 'Add tag' }).click();
  const n = await page.getByLabel(/^Tag \d+ key$/).count();
  await page.getByLabel(`Tag ${n} key`).fill('ui-test');
  await page.getByLabel(`Tag ${n} value`).fill('yes');
  // A value of the person's own: emptying one that discovery owns is the server's decision.
  await page.getByLabel('Role', { exact: true }).fill('ui-role-2');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('ui-test: yes').first()).toBeVisible();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Role', { exact: true }).fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('.line', { hasText: 'ui-role' })).toHaveCount(0);
  await expect(page.getByText('ui-test: yes').first()).toBeVisible();
});

test('a refused value is named at its field and nothing typed is lost', async () => {
  await page.getByRole('button', { name: 'Edit' }).click();
  // Disks and services have names of their own further down.
  const name = page.getByRole('group', { name: 'General' }).getByLabel('Name', { exact: true });
  await name.fill('');
  await page.getByLabel('Role', { exact: true }).fill('kept');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await expect(name).toBeFocused();
  await expect(page.getByLabel('Role', { exact: true })).toHaveValue('kept');
  await page.getByRole('button', { name: 'Cancel' }).click();
});

test('text from outside stays text', async () => {
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Role', { exact: true }).fill('<img src=x onerror=window.hacked=1>');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('<img src=x onerror=window.hacked=1>').first()).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
});

test('delete asks first; a deleted server is found with "show retired" and restored', async () => {
  const url = page.url();
  const name = (await page.getByRole('heading', { level: 1 }).textContent())!.trim();
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(`Delete ${name}?`);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: 'Delete' }).click();
  await accessible(page, 'confirmation');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('button', { name: 'Restore' })).toBeVisible();
  await accessible(page, 'retired server');
  await page.goto(`/ui/servers?f.name=${encodeURIComponent(name)}`);
  await expect(page.getByText('No servers match')).toBeVisible();
  await page.getByRole('switch', { name: 'Show retired' }).press('Space');
  await expect(page).toHaveURL(/retired=1/);
  await expect(table(page, 'Servers').getByRole('row', { name: new RegExp(name) })).toContainText('Retired');
  await page.goto(url);
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByRole('button', { name: 'Edit' })).toBeVisible();
});

test('a server that does not exist', async () => {
  await page.goto('/ui/servers/0123456789abcdef01234567');
  await expect(page.getByText('There is no such server')).toBeVisible();
});

// --- shell -----------------------------------------------------------------------

test('the overview counts what is there', async () => {
  await page.goto('/ui/');
  const total = (await (await page.request.get('/servers/count')).json()).count as number;
  await expect(page.locator('.big')).toHaveText(total.toLocaleString('en'));
  await expect(table(page, 'Connections')).toContainText(names.connection);
  await accessible(page, 'overview');
  await page.getByRole('link', { name: 'Active', exact: true }).click();
  await expect(page).toHaveURL(/\/ui\/servers\?f\.status=Active/);
});

test('the theme is chosen and remembered', async () => {
  await page.getByRole('button', { name: /Account menu/ }).click();
  await accessible(page, 'account menu');
  await page.getByRole('menuitem', { name: /^Dark/ }).click();
  await expect(page.locator('html')).toHaveClass(/dark/);
  await page.reload();
  await expect(page.locator('html')).toHaveClass(/dark/);
  await page.getByRole('button', { name: /Account menu/ }).click();
  await page.getByRole('menuitem', { name: /As the system/ }).click();
  await expect(page.locator('html')).not.toHaveClass(/dark/);
});

test('everything is reached by keyboard', async () => {
  await page.goto('/ui/servers');
  await expect(table(page, 'Servers')).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('/');
  await expect(page.getByRole('combobox', { name: 'Search everything' })).toBeFocused();
  const link = table(page, 'Servers').locator('td.head a').first();
  for (let i = 0; i < 60 && !(await link.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press('Tab');
  await expect(link).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/ui\/servers\/[0-9a-f]{24}$/);
});

test('narrow screens: no sideways scrolling, menu behind a button', async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  for (const path of ['/ui/', '/ui/servers', '/ui/connections', '/ui/connections/new', '/ui/datacenters', '/ui/history', '/ui/profile']) {
    await page.goto(path);
    await page.waitForLoadState('networkidle').catch(() => undefined);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(over, path).toBeLessThanOrEqual(0);
  }
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Servers' }).click();
  await expect(page.getByRole('heading', { name: 'Servers', exact: true })).toBeVisible();
  await accessible(page, 'narrow servers');
  await page.setViewportSize({ width: 1360, height: 900 });
});

test('an unknown page', async () => {
  await page.goto('/ui/no/such/page');
  await expect(page.getByText('There is no such page')).toBeVisible();
  await accessible(page, 'not found');
});

test('profile: data and password', async () => {
  await page.goto('/ui/profile');
  await accessible(page, 'profile');
  await page.getByLabel('Full name').fill('Test Person');
  await page.getByRole('button', { name: 'Save profile' }).click();
  await expect(page.getByText('Profile saved.')).toBeVisible();
  await page.getByLabel('Current password').fill('not-it');
  await page.getByLabel('New password', { exact: true }).fill('correct-horse-2');
  await page.getByLabel('New password again').fill('correct-horse-2');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('This is not your current password.')).toBeVisible();
  await page.getByLabel('Current password').fill(person.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Password changed.')).toBeVisible();
  person.password = 'correct-horse-2';
});

test('a session that ends is taken up again at the same place', async () => {
  await context.clearCookies();
  await page.goto('/ui/login');
  await logIn(page);
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await page.goto('/ui/servers?sort=-name&size=50');
  await expect(table(page, 'Servers')).toBeVisible();
  await context.clearCookies();
  await page.getByLabel('Name contains').fill('a');
  const dialog = page.getByRole('dialog', { name: 'Your session is over' });
  await expect(dialog).toBeVisible();
  await accessible(page, 'session over');
  await dialog.getByLabel('Password').fill(person.password);
  await dialog.getByRole('button', { name: 'Log in' }).click();
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(/sort=-name/);
  await expect(page).toHaveURL(/f\.name=a/);
  await expect(table(page, 'Servers').or(page.getByText('No servers match'))).toBeVisible();
});

test('a link opened without a session leads back to itself after login', async () => {
  await context.clearCookies();
  await page.goto('/ui/servers?sort=-name&size=50');
  await expect(page).toHaveURL(/\/ui\/login\?next=/);
  await logIn(page);
  await expect(page).toHaveURL(/\/ui\/servers\?.*sort=-name/);
});

// --- situations only the mock can bring about ---------------------------------------

if (mock) test('trouble in a region is told in words, a mass drop waits for a decision', async () => {
  await page.goto('/ui/connections/new');
  await page.getByRole('radio', { name: /AWS/ }).check();
  await page.locator('input[name="conn-access"]').fill(cloud.access);
  await page.locator('input[name="conn-secret"]').fill(cloud.secret);
  for (const r of ['us-west-2', 'eu-central-1', 'sa-east-1']) await choose(page, 'Regions', r);
  await page.keyboard.press('Escape');
  await choose(page, 'Datacenter', names.dc);
  await page.getByLabel('Connection name').fill('Trouble');
  await page.getByRole('button', { name: 'Save and start discovery' }).click();
  const run = page.getByRole('region', { name: 'Run of Servers', exact: true });
  await expect(run.getByText('Waiting to retry')).toBeVisible({ timeout: 20_000 });
  await expect(run.locator('header').getByText('Needs a decision')).toBeVisible({ timeout: 40_000 });
  await expect(run).toContainText('may not call ec2:DescribeInstances');
  await expect(run).toContainText('Add the permission to the IAM policy');
  await accessible(page, 'held run');
  await run.getByText(/First 20 of 40 names/).click();
  await run.getByRole('button', { name: 'Retire 40' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Retire them' }).click();
  await expect(run.locator('header').getByText('Partly complete')).toBeVisible();
  await page.getByRole('button', { name: 'Sync Servers now' }).click();
  await run.first().getByRole('button', { name: 'Cancel run' }).click();
  await expect(run.first().locator('header').getByText('Canceled')).toBeVisible();
});

test('a connection is deleted after a question', async () => {
  await page.goto('/ui/connections');
  await table(page, 'Connections').getByRole('link', { name: `${names.connection} x` }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(/\/ui\/connections$/);
  await expect(page.getByRole('link', { name: `${names.connection} x` })).toHaveCount(0);
});

test('nothing went wrong behind the scenes', () => {
  expect(problems).toEqual([]);
});
