import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';
import vue from '@vitejs/plugin-vue';
import Components from 'unplugin-vue-components/vite';
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers';

/** In `npm run dev:mock` the API is answered in-process by dev-mock/. */
function mockApi(): Plugin {
  return {
    name: 'maestro-mock-api',
    async configureServer(server) {
      if (!process.env.MAESTRO_MOCK) return;
      const { createMock } = await import('./dev-mock/api.mjs');
      const mock = createMock();
      server.middlewares.use((req, res, next) => {
        const path = (req.url ?? '/').split('?')[0] ?? '/';
        if (path === '/') {
          res.writeHead(302, { Location: '/ui/' });
          res.end();
        } else if (path === '/ui' || path.startsWith('/ui/')) next();
        else mock.handle(req, res);
      });
    },
  };
}

export default defineConfig({
  base: '/ui/',
  plugins: [
    vue(),
    Components({
      dirs: [],
      dts: 'src/components.d.ts',
      resolvers: [ElementPlusResolver({ importStyle: 'css' })],
    }),
    mockApi(),
  ],
  build: {
    target: 'es2022',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1400,
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: process.env.MAESTRO_MOCK
      ? undefined
      : {
          // Everything outside /ui/ belongs to the server.
          '^/(?!ui(/|$))': { target: process.env.MAESTRO_API ?? 'http://127.0.0.1:8888' },
        },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
