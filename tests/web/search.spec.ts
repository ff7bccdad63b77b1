import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { accessible, table } from './helpers';

// Search, counts beside filters, history and the past. These tests make what they need, so they run against any server.
test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
const someone = { name: `find-${stamp}`.slice(0, 30), email: `find-${stamp}@example.com`, password: 'correct-horse-1' };
const first = `alpha-${stamp}`;
const second = `beta-${stamp}`;
let context: BrowserContext;
let page: Page;
let id = '';
const box = () => page.getByRole('combobox', { name: 'Search everything' });
const options = () => page.getByRole('listbox', { name: 'Results' }).getByRole('option');
const problems: string[] = [];

test.beforeAll(async ({ browser, baseURL }) => {
  context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1360, height: 900 } });
  page = await context.newPage();
  page.on('pageerror', (e) => problems.push(`${page.url()}: ${e.message}`));
  const headers = { Origin: baseURL ?? '' };
  expect((await page.request.post('/users', { data: someone })).status()).toBe(201);
  await page.request.post('/session', { data: { email: someone.email, password: someone.password }, headers });
  for (const [name, environment] of [[first, 'Production'], [second, 'Production'], [`gamma-${stamp}`, 'Staging']]) {
    const made = await page.request.post('/servers', { data: { name, environment, cpu: 2 }, headers });
    expect(made.status()).toBe(201);
    id ||= (await made.json())._id;
  }
  await page.request.post('/datacenters', { data: { name: `dc-${stamp}`, provider: 'Other' }, headers });
});
test.afterAll(async () => {
  expect(problems).toEqual([]);
  await context.close();
});

test('the slash leads to the search from every page', async () => {
  for (const path of ['/ui/', '/ui/servers', '/ui/history', '/ui/profile']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.keyboard.press('/');
    await expect(box()).toBeFocused();
    await expect(box()).toHaveValue('');
  }
  // Where one types, it is a character.
  await page.goto('/ui/servers');
  await page.getByLabel('Name contains').fill('');
  await page.keyboard.type('/');
  await expect(page.getByLabel('Name contains')).toHaveValue('/');
});

test('results come while one types, in groups, with the match marked', async () => {
  await page.goto('/ui/');
  await box().fill('ab');
  await expect(page.getByText('Type at least three characters.').first()).toBeVisible();
  await expect(options()).toHaveCount(0);
  await box().pressSequentially(' ');
  await box().fill(stamp);
  await expect(options()).toHaveCount(4);
  await expect(page.getByRole('group', { name: 'Servers' }).getByRole('option')).toHaveCount(3);
  await expect(page.getByRole('group', { name: 'Datacenters' }).getByRole('option')).toHaveCount(1);
  await expect(options().first().locator('mark').first()).toHaveText(stamp);
  await accessible(page, 'search');
  await box().fill(`${stamp} alpha`);
  await expect(options()).toHaveCount(1);
  await expect(options().locator('mark')).toHaveText(['alpha', stamp]);
});

test('an older answer never replaces that of a newer text', async () => {
  let held: (() => void) | undefined;
  await page.route(/\/search\?.*q=alpha-/, async (route) => {
    await new Promise<void>((done) => (held = done));
    await route.continue().catch(() => undefined);
  });
  await box().fill(first);
  await expect.poll(() => held !== undefined).toBe(true);
  await box().fill(second);
  await expect(options()).toHaveCount(1);
  await expect(options()).toContainText(second);
  held?.();
  await page.waitForTimeout(300);
  await expect(options()).toContainText(second);
  await page.unroute(/\/search\?.*q=alpha-/);
});

test('the keyboard walks and opens', async () => {
  await box().fill(stamp);
  await expect(options()).toHaveCount(4);
  await page.keyboard.press('ArrowDown');
  await expect(options().nth(0)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowUp');
  await expect(options().nth(3)).toHaveAttribute('aria-selected', 'true');
  await expect(box()).toHaveAttribute('aria-activedescendant', (await options().nth(3).getAttribute('id')) ?? '');
  await page.keyboard.press('Escape');
  await expect(options().first()).toBeHidden();
  await box().fill(first);
  await expect(options()).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/ui/servers/${id}$`));
  await expect(page.getByRole('heading', { name: first })).toBeVisible();
  await expect(box()).toHaveValue('');
});

test('nothing found and a failure are said', async () => {
  await box().fill('no-such-thing-anywhere');
  await expect(page.getByText(/Nothing has “no-such-thing-anywhere”/)).toBeVisible();
  await page.route('**/search?*', (route) => route.fulfill({ status: 500, body: '' }));
  await box().fill(`${stamp} beta`);
  await expect(page.getByText(/The search failed:/)).toBeVisible();
  await accessible(page, 'failed search');
  await page.unroute('**/search?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(options()).toHaveCount(1);
});

test('more than can be shown asks for a longer text', async () => {
  await page.route('**/search?*', async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    body.capped = true;
    for (const group of body.groups) group.found += 1234;
    await route.fulfill({ response: answer, json: body });
  });
  // A text not asked before: the answer to one that was is still at hand.
  await box().fill(`-${stamp}`);
  await expect(page.getByText('There are more than could be looked through: refine the search.')).toBeVisible();
  await expect(page.getByText(/1,234 more: refine the search/).first()).toBeVisible();
  await page.unroute('**/search?*');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
});

test('choices of a filter say how many rows they leave', async () => {
  await page.goto('/ui/servers');
  const answer = await (await page.request.get('/servers/facets?fields=environment')).json();
  const counts = new Map((answer.facets[0].values as { value: string; count: number }[]).map((v) => [v.value, v.count]));
  await page.getByRole('combobox', { name: 'Environment' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('option', { name: new RegExp(`^Production ${counts.get('Production')}$`) })).toBeVisible();
  await page.getByRole('option', { name: /^Production/ }).click();
  await expect(page).toHaveURL(/f\.environment=Production/);
  // Under its own filter the others keep their counts: they can be chosen as well.
  await expect(page.getByRole('option', { name: new RegExp(`^Staging ${counts.get('Staging')}$`) })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByLabel('Name contains').fill(first);
  await expect(page).toHaveURL(/f\.name=/);
  await page.getByRole('combobox', { name: 'Environment' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('option', { name: /^Production 1$/ })).toBeVisible();
  await accessible(page, 'counts');
  await page.keyboard.press('Escape');
  await expect(table(page, 'Servers')).toBeVisible();
});

test('a document is shown as it was', async ({ baseURL }) => {
  await page.waitForTimeout(1100);
  const before = new Date().toISOString();
  await page.waitForTimeout(1100);
  const changed = await page.request.patch(`/servers/${id}`, { data: { name: `${first}-new`, environment: 'Staging', cpu: 8 }, headers: { Origin: baseURL ?? '' } });
  expect(changed.status()).toBe(202);
  await page.goto(`/ui/servers/${id}`);
  await expect(page.getByRole('heading', { name: `${first}-new` })).toBeVisible();
  await page.getByRole('button', { name: 'As of…' }).click();
  const picker = page.getByLabel('Show this server as it was on');
  await expect(picker).toBeFocused();
  await accessible(page, 'choosing a time');
  const local = await page.evaluate((iso) => {
    const d = new Date(iso);
    return new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  }, before);
  await picker.fill(local);
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(page).toHaveURL(/as_of=/);
  await expect(page.getByText('This is the past:')).toBeVisible();
  await expect(page.getByRole('heading', { name: first, exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Edit' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Delete' })).toHaveCount(0);
  await accessible(page, 'the past');
  await page.getByRole('button', { name: 'As it is now' }).click();
  await expect(page.getByRole('heading', { name: `${first}-new` })).toBeVisible();
  await expect(page.getByText('This is the past:')).toHaveCount(0);
  // From a change to the state that it left, and to a time when there was nothing.
  await page.getByRole('button', { name: /Show it as it was after this change/ }).last().click();
  await expect(page.getByRole('heading', { name: first, exact: true })).toBeVisible();
  await page.goto(`/ui/servers/${id}?as_of=2001-01-01T00:00:00.000Z`);
  await expect(page.getByText('There was no such server then')).toBeVisible();
});

test('the history page tells who changed what, and is filtered by it', async () => {
  await page.goto('/ui/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'History' }).click();
  await expect(page.getByRole('heading', { name: 'History', level: 1 })).toBeVisible();
  const rows = page.locator('li.change');
  await expect(rows.first()).toContainText(`${someone.name} changed server ${first}-new`);
  await expect(rows.first()).toContainText('Staging');
  await accessible(page, 'history');
  await page.getByLabel('Kind').selectOption('Datacenters');
  await expect(page).toHaveURL(/entity=datacenters/);
  await expect.poll(async () => (await rows.allTextContents()).every((t) => t.includes('datacenter'))).toBe(true);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await rows.first().getByRole('button', { name: someone.name }).click();
  await expect(page).toHaveURL(/actor=user(:|%3A)[0-9a-f]{24}/);
  await expect(page.getByLabel('By')).toContainText(someone.name);
  await page.getByLabel('Kind').selectOption('Flavors');
  await expect(page.getByText('No changes match')).toBeVisible();
  await page.goBack();
  await rows.filter({ hasText: second }).getByRole('link', { name: second }).click();
  await expect(page.getByRole('heading', { name: second })).toBeVisible();
});
