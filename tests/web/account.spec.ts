import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { accessible, mock, table } from './helpers';

test.describe.configure({ mode: 'serial' });

const stamp = Date.now().toString(36);
const owner = { name: `owner-${stamp}`.slice(0, 30), email: `owner-${stamp}@example.com`, password: 'correct-horse-1' };
const helper = { name: `helper-${stamp}`.slice(0, 30), email: `helper-${stamp}@example.com`, password: 'correct-horse-1' };

let context: BrowserContext;
let page: Page;
let administers = false;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1360, height: 900 } });
  page = await context.newPage();
  for (const person of [owner, helper]) expect((await context.request.post('/users', { data: person })).status()).toBe(201);
  await page.goto('/ui/login');
  await page.getByLabel('E-mail address').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.url().endsWith('/session') && r.request().method() === 'POST'),
    page.getByRole('button', { name: 'Log in' }).click(),
  ]);
  // Only the first account of a server administers it: on one that has been used before, somebody else does.
  administers = ((await answer.json()) as { administrator: boolean }).administrator;
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
});
test.afterAll(async () => {
  await context.close();
});

test('the account menu leads to the account', async () => {
  await page.getByRole('button', { name: /Account menu/ }).click();
  await page.getByRole('menuitem', { name: 'Account' }).click();
  await expect(page).toHaveURL(/\/ui\/account$/);
  await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible();
  await expect(page).toHaveTitle('Account · Maestro');
  await accessible(page, 'account');
});

test('the old address of the profile still leads there', async () => {
  await page.goto('/ui/profile');
  await expect(page).toHaveURL(/\/ui\/account$/);
});

test('an API token is shown once, works, and is revoked', async () => {
  const form = page.getByRole('form', { name: 'New API token' });
  await expect(form.getByRole('button', { name: 'Create token' })).toBeDisabled();
  await form.getByLabel('What is it for?').fill('backup script');
  await form.getByLabel('What it may do').selectOption('write');
  await form.getByRole('button', { name: 'Create token' }).click();
  const notice = page.getByRole('status').filter({ hasText: 'copy the token now' });
  await expect(notice).toBeVisible();
  const token = (await notice.locator('.mono').textContent())?.trim() ?? '';
  expect(token).toMatch(/^mst_[0-9A-Za-z]{49}$/);
  await expect(table(page, 'API tokens').getByText('backup script')).toBeVisible();
  await accessible(page, 'API token made');
  const ask = async () => (await context.request.get('/me', { headers: { Authorization: `Bearer ${token}`, Cookie: '' } })).status();
  if (!mock) expect(await ask()).toBe(200);

  await page.reload();
  await expect(table(page, 'API tokens').getByText('backup script')).toBeVisible();
  await expect(page.getByText(token)).toHaveCount(0);
  await page.getByRole('button', { name: 'Revoke backup script' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('API token revoked.')).toBeVisible();
  await expect(table(page, 'API tokens')).toHaveCount(0);
  if (!mock) expect(await ask()).toBe(401);
});

if (!mock) test('another session is ended from here', async ({ browser }) => {
  const elsewhere = await browser.newContext();
  const login = { email: owner.email, password: owner.password };
  expect((await elsewhere.request.post('/session', { data: login, headers: { 'User-Agent': 'curl/8.0' } })).status()).toBe(200);
  await page.reload();
  const sessions = table(page, 'Sessions');
  await expect(sessions.getByText('this one')).toBeVisible();
  await expect(sessions.getByText('curl')).toBeVisible();
  await sessions.getByRole('button', { name: /End the session of curl/ }).first().click();
  await expect(page.getByText('Session ended.')).toBeVisible();
  await expect(sessions.getByText('curl')).toHaveCount(0);
  expect((await elsewhere.request.get('/session', { headers: { 'Sec-Fetch-Site': 'same-origin' } })).status()).toBe(401);

  expect((await elsewhere.request.post('/session', { data: login })).status()).toBe(200);
  await page.reload();
  await page.getByRole('button', { name: 'Log out everywhere else' }).click();
  await expect(page.getByText('Logged out everywhere else.')).toBeVisible();
  await expect(sessions.locator('tbody tr')).toHaveCount(1);
  await elsewhere.close();
});

test('a new password keeps this page signed in', async () => {
  await page.getByLabel('Current password').fill(owner.password);
  await page.getByLabel('New password', { exact: true }).fill('correct-horse-2');
  await page.getByLabel('New password again').fill('correct-horse-2');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Password changed.')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Account', level: 1 })).toBeVisible();
});

test('an administrator appoints and dismisses', async () => {
  test.skip(!administers, 'this server has other administrators');
  await page.getByRole('button', { name: /Account menu/ }).click();
  await page.getByRole('menuitem', { name: 'Administration' }).click();
  await expect(page.getByRole('heading', { name: 'Administration', level: 1 })).toBeVisible();
  const all = table(page, 'Administrators');
  await expect(all.getByText(owner.email)).toBeVisible();
  await expect(all.getByRole('button')).toHaveCount(0);
  await expect(page.getByText('Open.')).toBeVisible();
  await accessible(page, 'administration');
  const form = page.getByRole('form', { name: 'Appoint an administrator' });
  if (!mock) {
    await form.getByLabel('E-mail address of an account').fill('nobody@example.com');
    await form.getByRole('button', { name: 'Appoint' }).click();
    await expect(form.getByText('There is no account with this e-mail address.')).toBeVisible();
  }
  await form.getByLabel('E-mail address of an account').fill(helper.email.toUpperCase());
  await form.getByRole('button', { name: 'Appoint' }).click();
  await expect(all.getByText(helper.email)).toBeVisible();
  await page.getByRole('button', { name: `Dismiss ${helper.name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Dismiss' }).click();
  await expect(all.getByText(helper.email)).toHaveCount(0);
});

test('an administrator makes accounts for others', async () => {
  test.skip(!administers || mock, 'this server has other administrators');
  const guest = { name: `guest-${stamp}`, email: `guest-${stamp}@example.com`, password: 'correct-horse-3' };
  const form = page.getByRole('form', { name: 'Create an account' });
  await form.getByLabel('Name').fill(guest.name);
  await form.getByLabel('E-mail address').fill(helper.email);
  await form.getByLabel('Password').fill(guest.password);
  await form.getByRole('button', { name: 'Create account' }).click();
  await expect(form.getByText('already has an account').first()).toBeVisible();
  await expect(form.getByLabel('Name')).toHaveValue(guest.name);
  await form.getByLabel('E-mail address').fill(guest.email);
  await form.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText(`${guest.name} has an account now.`)).toBeVisible();
  await expect(form.getByLabel('Name')).toHaveValue('');
  // One is still oneself, and the other can come in.
  await expect(page.getByRole('button', { name: `Account menu of ${owner.name}` })).toBeVisible();
  expect((await page.request.post('/users/auth', { data: { email: guest.email, password: guest.password } })).status()).toBe(200);
});

test('others are told that it is not for them', async ({ browser }) => {
  const other = await browser.newContext();
  await other.request.post('/session', { data: { email: helper.email, password: helper.password } });
  const their = await other.newPage();
  await their.goto('/ui/administration');
  await expect(their.getByText('This page is for administrators of the instance.')).toBeVisible();
  await their.getByRole('button', { name: /Account menu/ }).click();
  await expect(their.getByRole('menuitem', { name: 'Account' })).toBeVisible();
  await expect(their.getByRole('menuitem', { name: 'Administration' })).toHaveCount(0);
  await other.close();
});
