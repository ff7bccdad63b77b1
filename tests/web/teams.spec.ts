import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { accessible, mock, table } from './helpers';

// Teams, their members, and acting as one. The mock has no teams.
test.describe.configure({ mode: 'serial' });
test.skip(mock, 'needs a running product');

const stamp = Date.now().toString(36);
const account = (name: string) => ({ name: `${name}-${stamp}`.slice(0, 30), email: `${name}-${stamp}@example.com`, password: 'correct-horse-1' });
const [lead, other] = [account('lead'), account('other')];
const team = `team-${stamp}`;
let context: BrowserContext;
let page: Page;
let id = '';
const acting = () => page.getByRole('combobox', { name: 'Acting as' });
const problems: string[] = [];

test.beforeAll(async ({ browser, baseURL }) => {
  if (mock) return;
  context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1360, height: 900 } });
  page = await context.newPage();
  page.on('pageerror', (e) => problems.push(`${page.url()}: ${e.message}`));
  const headers = { Origin: baseURL ?? '' };
  // Each step says why it failed: sign-ups from one address are limited.
  const post = async (path: string, data: object, status: number) => {
    const answer = await page.request.post(path, { data, headers });
    expect(answer.status(), `POST ${path}: ${await answer.text()}`).toBe(status);
  };
  for (const one of [lead, other]) await post('/users', one, 201);
  await post('/session', { email: lead.email, password: lead.password }, 200);
  await post('/servers', { name: `mine-${stamp}` }, 201);
});
test.afterAll(async () => {
  expect(problems).toEqual([]);
  await context?.close();
});

test('a team is made, and its name is checked', async () => {
  await page.goto('/ui/teams');
  await expect(page.getByText('No teams yet')).toBeVisible();
  await expect(acting()).toHaveCount(0);
  await page.getByRole('link', { name: 'New team' }).first().click();
  // Until the page has come, the list is there, which has fields called Name too.
  await expect(page.getByRole('button', { name: 'Create team' })).toBeVisible();
  await page.getByLabel('Name').fill('ab');
  await page.getByRole('button', { name: 'Create team' }).click();
  await expect(page.getByText(/at least 3 characters/).first()).toBeVisible();
  await accessible(page, 'new team');
  await page.getByLabel('Name').fill(team);
  await page.getByRole('button', { name: 'Create team' }).click();
  await expect(page.getByRole('heading', { level: 1, name: team })).toBeVisible();
  id = page.url().split('/').pop() ?? '';
});

test('a member is added, changed and removed', async () => {
  const members = page.getByRole('region', { name: 'Members' });
  await expect(members.getByText(lead.email).first()).toBeVisible();
  const person = members.getByRole('combobox', { name: 'Person' });
  await person.focus();
  await person.pressSequentially(other.name);
  await members.getByRole('option', { name: new RegExp(other.name) }).click();
  await members.getByRole('button', { name: 'Add' }).click();
  await expect(members.getByRole('listitem').filter({ hasText: other.email })).toBeVisible();
  await accessible(page, 'team');
  await members.getByRole('button', { name: `Remove ${other.name}` }).click();
  await expect(members.getByRole('listitem').filter({ hasText: other.email })).toHaveCount(0);
  // The last one who administers stays.
  await members.getByRole('button', { name: /^Remove/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
});

test('acting as the team shows and makes what belongs to it', async ({ baseURL }) => {
  const made = await page.request.post(`/teams/${id}/servers`, { data: { name: `ours-${stamp}` }, headers: { Origin: baseURL ?? '' } });
  expect(made.status()).toBe(201);
  await page.goto('/ui/servers');
  await expect(table(page, 'Servers').getByRole('link', { name: `mine-${stamp}` })).toBeVisible();
  await acting().selectOption({ label: team });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Servers' }).click();
  await expect(table(page, 'Servers').getByRole('link', { name: `ours-${stamp}` })).toBeVisible();
  await expect(table(page, 'Servers').getByRole('link', { name: `mine-${stamp}` })).toHaveCount(0);
  await accessible(page, 'servers of a team');
  await table(page, 'Servers').getByRole('link', { name: `ours-${stamp}` }).click();
  await expect(page.getByRole('heading', { level: 1, name: `ours-${stamp}` })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: `ours-${stamp}` })).toBeVisible();
  await page.goto('/ui/datacenters/new');
  await page.getByLabel('Name').fill(`rack-${stamp}`);
  await page.getByRole('combobox', { name: 'Provider' }).fill('Other');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Create datacenter' }).click();
  await expect(page.getByRole('heading', { level: 1, name: `rack-${stamp}` })).toBeVisible();
});

test('as oneself nothing of the team is left', async () => {
  await acting().selectOption({ label: 'Me' });
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  await page.goto('/ui/servers');
  await expect(table(page, 'Servers').getByRole('link', { name: `mine-${stamp}` })).toBeVisible();
  await expect(table(page, 'Servers').getByRole('link', { name: `ours-${stamp}` })).toHaveCount(0);
  await page.goto('/ui/datacenters');
  await expect(page.getByText(`rack-${stamp}`)).toHaveCount(0);
});

test('a deleted team leaves the list and the switch', async () => {
  await page.goto(`/ui/teams/${id}`);
  await page.getByRole('button', { name: 'Delete' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No teams yet')).toBeVisible();
  await expect(acting()).toHaveCount(0);
});
