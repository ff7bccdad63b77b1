import { defineConfig } from '@playwright/test';

// Against a running product: MAESTRO_URL=http://127.0.0.1:8888 npx playwright test
// Without MAESTRO_URL the development mock of the UI is started (needs a built web/dist).
const port = Number(process.env.MOCK_PORT ?? 8897);
const url = process.env.MAESTRO_URL ?? `http://127.0.0.1:${port}`;

export default defineConfig({
  testDir: '.',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  outputDir: 'test-results',
  use: {
    baseURL: url,
    actionTimeout: 15_000,
    viewport: { width: 1360, height: 900 },
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-default-apps',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  ...(process.env.MAESTRO_URL
    ? {}
    : {
        webServer: {
          command: 'node ../../web/dev-mock/server.mjs',
          url: `${url}/ui/`,
          env: { PORT: String(port), MOCK_TICK: '120' },
          reuseExistingServer: false,
        },
      }),
});
