import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

export const mock = !process.env.MAESTRO_URL;
export const cloud = {
  url: process.env.CLOUDSIM_AWS_URL ?? '',
  access: process.env.CLOUDSIM_ACCESS ?? 'AKIATESTTESTTESTTEST',
  secret: process.env.CLOUDSIM_SECRET ?? 'test-secret',
  regions: (process.env.CLOUDSIM_REGIONS ?? 'us-east-1,us-west-2').split(','),
};

const stamp = Date.now().toString(36);
export const person = {
  name: `ui-${stamp}`.slice(0, 30),
  email: `ui-${stamp}@example.com`,
  password: 'correct-horse-1',
};
export const names = { dc: `dc-${stamp}`, connection: `AWS ${stamp}` };

/** No finding of weight "serious" or "critical", in the light and in the dark theme. */
export async function accessible(page: Page, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator('html')).toHaveClass(colorScheme === 'dark' ? /dark/ : /^(?!.*dark)/);
    // Colours are only measured when the last transition is over.
    await page.waitForTimeout(350);
    const result = await new AxeBuilder({ page }).analyze();
    const bad = result.violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? ''}`).join(' | ')}`);
    if (process.env.AXE_REPORT) bad.forEach((b) => process.stdout.write(`AXE ${what}, ${colorScheme}: ${b}\n`));
    else expect(bad, `${what}, ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

export async function logIn(page: Page, password = person.password): Promise<void> {
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

export function table(page: Page, name: string) {
  return page.getByRole('region', { name: `${name} table` });
}

export async function rowNames(page: Page): Promise<string[]> {
  return table(page, 'Servers').locator('tbody td.head a').allTextContents().then((t) => t.map((x) => x.trim()));
}

/** A search box with a list below it: open by keyboard, type, take the first match. */
export async function choose(page: Page, label: string, text: string): Promise<void> {
  const box = page.getByRole('combobox', { name: label });
  await box.focus();
  await box.pressSequentially(text);
  await page.getByRole('option', { name: new RegExp(text, 'i') }).first().click();
}
