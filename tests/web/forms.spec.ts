import { expect, test, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { accessible, choose, mock, table } from './helpers';

// Documents made by hand, tied to each other, and shared. The mock makes none.
test.describe.configure({ mode: 'serial' });
test.skip(mock, 'needs a running product');

const stamp = Date.now().toString(36);
const account = (name: string) => ({ name: `${name}-${stamp}`, email: `${name}-${stamp}@example.com`, password: 'correct-horse-1' });
const [maker, peer] = [account('maker'), account('peer')];
const named = { dc: `room-${stamp}`, server: `host-${stamp}`, app: `shop-${stamp}`, client: `acme-${stamp}`, system: `sales-${stamp}`, db: `ledger-${stamp}`, team: `crew-${stamp}` };
let context: BrowserContext;
let page: Page;
let headers: Record<string, string>;
let app = '';
const problems: string[] = [];

async function post(path: string, data: object, status = 201): Promise<{ _id: string }> {
  const answer = await page.request.post(path, { data, headers });
  expect(answer.status(), `POST ${path}: ${await answer.text()}`).toBe(status);
  return (await answer.json()) as { _id: string };
}
const stored = async (path: string) => (await page.request.get(path)).json();
const idHere = () => page.url().split('/').pop() ?? '';
const heading = (name: string) => page.getByRole('heading', { level: 1, name });
const panel = (name: string) => page.getByRole('region', { name, exact: true });
async function pick(scope: Locator, label: string, text: string) {
  const box = scope.getByRole('combobox', { name: label });
  await box.focus();
  await box.pressSequentially(text);
  await scope.getByRole('option', { name: new RegExp(text) }).click();
}

test.beforeAll(async ({ browser, baseURL }) => {
  if (mock) return;
  headers = { Origin: baseURL ?? '' };
  context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1360, height: 900 } });
  page = await context.newPage();
  page.on('pageerror', (e) => problems.push(`${page.url()}: ${e.message}`));
  for (const one of [maker, peer]) await post('/users', one);
  await post('/session', { email: maker.email, password: maker.password }, 200);
  await post('/datacenters', { name: named.dc, provider: 'Other', regions: ['cellar'], zones: ['cellar-1'] });
  await post('/servers', { name: named.server, ipv4_private: '10.9.8.7' });
  app = (await post('/applications', { name: named.app }))._id;
});
test.afterAll(async () => {
  expect(problems).toEqual([]);
  await context?.close();
});

test('a list leads to the form, from its empty state, its button and a key', async () => {
  await page.goto('/ui/clients');
  await expect(page.getByText('No clients yet')).toBeVisible();
  await accessible(page, 'no clients');
  await page.getByRole('link', { name: 'New client' }).last().click();
  await expect(heading('New client')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('link', { name: 'New client' }).first().click();
  await expect(heading('New client')).toBeVisible();
  await page.goto('/ui/clients');
  await expect(page.getByText('No clients yet')).toBeVisible();
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/\/ui\/clients\/new$/);
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
});

test('what is made by the product has no form', async () => {
  await page.goto('/ui/events');
  await expect(page.getByText('No events yet')).toBeVisible();
  await expect(page.getByRole('link', { name: /^New / })).toHaveCount(0);
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/\/ui\/events$/);
});

test('a refused value is named at its field, and nothing typed is lost', async () => {
  await page.goto('/ui/clients/new');
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('ab');
  await page.getByLabel('Description').fill('Buys all we have');
  await page.getByRole('button', { name: 'Add contact' }).click();
  await page.getByRole('button', { name: 'Add contact' }).click();
  const second = page.getByRole('group', { name: 'Contacts 2' });
  await second.getByLabel('Channel').fill('Email');
  await second.getByLabel('Value').fill('hello@example.com');
  await page.getByRole('button', { name: 'Create client' }).click();
  await expect(page.getByText(/at least 3 characters/).first()).toBeVisible();
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await expect(name).toBeFocused();
  await accessible(page, 'refused client');
  await name.fill(named.client);
  await page.getByRole('button', { name: 'Create client' }).click();
  await expect(heading(named.client)).toBeVisible();
  // The row that stayed empty was not sent.
  expect(await stored(`/clients/${idHere()}`)).toMatchObject({
    name: named.client, description: 'Buys all we have', contacts: [{ channel: 'Email', value: 'hello@example.com' }],
  });
});

test('a system names its clients, found as one types', async () => {
  await page.goto('/ui/system/new');
  await page.getByLabel('Name', { exact: true }).fill(named.system);
  await choose(page, 'Clients', named.client);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Create system' }).click();
  await expect(heading(named.system)).toBeVisible();
  await expect(panel('Clients').getByRole('link', { name: named.client })).toBeVisible();
  await panel('Clients').getByRole('link', { name: named.client }).click();
  await expect(heading(named.client)).toBeVisible();
  // A client shows its systems; they are tied at the system.
  await expect(panel('Systems').getByRole('link', { name: named.system })).toBeVisible();
  await expect(panel('Systems').getByRole('button')).toHaveCount(0);
});

test('an Oracle database is asked for what it alone has, and is placed in a datacenter', async () => {
  await page.goto('/ui/applications?f.family=Database');
  await page.getByRole('link', { name: 'New database' }).first().click();
  await expect(heading('New database')).toBeVisible();
  await expect(page.getByText('ASM groups')).toHaveCount(0);
  await page.getByLabel('Name', { exact: true }).fill(named.db);
  await page.getByLabel('Engine').fill('Oracle');
  await page.getByRole('button', { name: 'Add ASM group' }).click();
  const disk = page.getByRole('group', { name: 'ASM groups 1' });
  await disk.getByLabel('Name').fill('DATA');
  await disk.getByLabel('Size').fill('50');
  const place = page.getByRole('group', { name: 'Placement' }).last();
  await pick(place, 'Datacenter', named.dc);
  // The regions and zones offered are those of the datacenter.
  await expect(place.locator('datalist option[value="cellar"]')).toHaveCount(1);
  await place.getByLabel('Region').fill('cellar');
  await expect(place.locator('datalist option[value="cellar-1"]')).toHaveCount(1);
  await place.getByLabel('Zone').fill('cellar-1');
  await accessible(page, 'new database');
  await page.getByRole('button', { name: 'Create database' }).click();
  await expect(heading(named.db)).toBeVisible();
  expect(await stored(`/applications/${idHere()}`)).toMatchObject({
    family: 'Database', engine: 'Oracle', asm_groups: [{ name: 'DATA', size: 50 }],
    datacenters: { name: named.dc, provider: 'Other', region: 'cellar', zone: 'cellar-1' },
  });
});

test('an error inside a list is named in its row', async () => {
  await page.goto('/ui/servers/new');
  await page.getByLabel('Name', { exact: true }).fill(`disks-${stamp}`);
  await page.getByRole('button', { name: 'Add storage' }).click();
  const disk = page.getByRole('group', { name: 'Storage 1' });
  await disk.getByLabel(/^Size/).fill('large');
  await page.getByRole('button', { name: 'Create server' }).click();
  await expect(disk.getByText(/must be a number/)).toBeVisible();
  await expect(disk.getByLabel(/^Size/)).toBeFocused();
  await disk.getByLabel(/^Size/).fill('40');
  await page.getByRole('button', { name: 'Create server' }).click();
  await expect(heading(`disks-${stamp}`)).toBeVisible();
});

test('leaving a form asks first', async () => {
  await page.goto('/ui/projects/new');
  await page.getByLabel('Name', { exact: true }).fill('half a');
  page.once('dialog', (d) => void d.dismiss());
  await page.getByRole('link', { name: 'Overview' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('half a');
  page.once('dialog', (d) => void d.accept());
  await page.getByRole('link', { name: 'Overview' }).click();
  await expect(heading('Overview')).toBeVisible();
});

test('what was deleted of a kind that tells nothing of it cannot be asked for', async () => {
  await page.goto('/ui/servers');
  await expect(page.getByRole('switch', { name: 'Show retired' })).toHaveCount(1);
  await page.goto('/ui/projects?retired=1');
  await expect(heading('Projects')).toBeVisible();
  await expect(page.getByText('could not be loaded')).toHaveCount(0);
  await expect(page.getByText(/No projects (yet|match)/)).toBeVisible();
  await expect(page.getByRole('switch', { name: 'Show retired' })).toHaveCount(0);
});

test('a creation whose answer got lost is made once', async () => {
  const name = `once-${stamp}`;
  await page.goto('/ui/servers/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.route('**/servers', async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await page.getByRole('button', { name: 'Create server' }).click();
  await expect(page.getByRole('alert')).toContainText('cannot be reached');
  await page.getByRole('button', { name: 'Create server' }).click();
  await expect(heading(name)).toBeVisible();
  expect(await stored(`/servers/count?name=${name}`)).toEqual({ count: 1 });
});

test('servers, systems and dependencies of an application are tied and untied', async () => {
  await page.goto('/ui/applications');
  await table(page, 'Applications').getByRole('link', { name: named.app }).click();
  await expect(heading(named.app)).toBeVisible();
  for (const [title, other, none] of [
    ['Servers', named.server, 'Runs on no server that is known here.'],
    ['Systems', named.system, 'Belongs to no system.'],
    ['Depends on', named.db, 'Depends on nothing that is known here.'],
  ] as const) {
    await expect(panel(title).getByText(none)).toBeVisible();
    await pick(panel(title), `Add to ${title.toLowerCase()}`, other);
    await page.keyboard.press('Escape');
    await panel(title).getByRole('button', { name: 'Add', exact: true }).click();
    await expect(panel(title).getByRole('link', { name: other })).toBeVisible();
  }
  await accessible(page, 'application with relations');
  expect(await stored(`/applications/${idHere()}`)).toMatchObject({
    system: [{ name: named.system }], deps: [{ name: named.db, family: 'Database' }],
  });
  await panel('Depends on').getByRole('link', { name: named.db }).click();
  await expect(heading(named.db)).toBeVisible();
  await expect(panel('Used by').getByRole('link', { name: named.app })).toBeVisible();
  await page.goBack();
  await panel('Servers').getByRole('button', { name: `Remove ${named.server}` }).click();
  await expect(panel('Servers').getByText('Runs on no server that is known here.')).toBeVisible();
  await panel('Depends on').getByRole('button', { name: `Remove ${named.db}` }).click();
  await expect(panel('Depends on').getByText('Depends on nothing that is known here.')).toBeVisible();
});

test('access is given to people and teams, changed and taken away', async () => {
  await post('/teams', { name: named.team });
  await page.goto(`/ui/applications/${app}`);
  const access = panel('Access');
  await expect(access.getByText(`${maker.name} (you)`)).toBeVisible();
  // The last one who administers it stays.
  await access.getByRole('button', { name: `Remove ${maker.name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  for (const name of [peer.name, named.team]) {
    await pick(access, 'Person or team', name);
    await access.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(access.getByRole('listitem').filter({ hasText: name })).toBeVisible();
  }
  await accessible(page, 'access');
  await access.getByRole('combobox', { name: `Role of ${peer.name}` }).press('Enter');
  await access.getByRole('option', { name: 'Reads' }).click();
  await expect(page.getByText(`${peer.name} has another role now.`)).toBeVisible();
  const roles = ((await stored(`/applications/${idHere()}`)) as { roles: { name?: string; role: number; refs: string }[] }).roles;
  expect(roles).toContainEqual(expect.objectContaining({ name: peer.name, role: 1, refs: 'users' }));
  expect(roles).toContainEqual(expect.objectContaining({ name: named.team, role: 3, refs: 'teams' }));
  await access.getByRole('button', { name: `Remove ${named.team}` }).click();
  await expect(access.getByRole('listitem').filter({ hasText: named.team })).toHaveCount(0);
});

test('who may only read is offered nothing that would be refused', async ({ browser }) => {
  const other = await browser.newContext({ reducedMotion: 'reduce' });
  const login = { email: peer.email, password: peer.password };
  expect((await other.request.post('/session', { data: login, headers })).status()).toBe(200);
  const their = await other.newPage();
  await their.goto(`/ui/applications/${app}`);
  const access = their.getByRole('region', { name: 'Access', exact: true });
  await expect(access.getByText(`${peer.name} (you)`)).toBeVisible();
  await expect(access.getByRole('button', { name: /^(Add|Remove)/ })).toHaveCount(0);
  await expect(their.getByRole('region', { name: 'Systems' }).getByRole('button')).toHaveCount(0);
  await other.close();
});

test('acting as a team, what is made belongs to it', async () => {
  await page.goto('/ui/');
  await page.getByRole('combobox', { name: 'Acting as' }).selectOption({ label: named.team });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Applications' }).click();
  await page.getByRole('link', { name: 'New application' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill(`ours-${stamp}`);
  // The words that administrators keep are the same for everybody.
  await expect(page.locator('datalist option[value="Production"]').first()).toBeAttached();
  await page.getByRole('button', { name: 'Create application' }).click();
  await expect(heading(`ours-${stamp}`)).toBeVisible();
  await expect(panel('Access').getByText('(you)')).toBeVisible();
  expect((await page.request.get(`/applications/${idHere()}`)).status()).toBe(404);
  await page.getByRole('combobox', { name: 'Acting as' }).selectOption({ label: 'Me' });
  await expect(heading('Overview')).toBeVisible();
});

test('on a narrow screen nothing runs out of the page', async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await page.goto('/ui/servers/new');
  await page.getByRole('button', { name: 'Add storage' }).click();
  await page.getByText(/more fields/).click();
  expect(await overflow()).toBe(0);
  await page.goto(`/ui/applications/${app}`);
  await expect(panel('Access')).toBeVisible();
  expect(await overflow()).toBe(0);
  await page.setViewportSize({ width: 1360, height: 900 });
});
