// Stand-in for the product: the API mock plus the built UI, as the real binary serves them.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMock } from './api.mjs';

const port = Number(process.env.PORT ?? 8899);
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const mock = createMock({ tick: Number(process.env.MOCK_TICK ?? 250) });
const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html; charset=utf-8' };
const csp = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

createServer(async (req, res) => {
  const path = new URL(req.url, 'http://x').pathname;
  if (path === '/ui' || path.startsWith('/ui/') || (path === '/' && /text\/html/.test(req.headers.accept ?? ''))) {
    const file = path.startsWith('/ui/assets/') ? normalize(path.slice(4)) : 'index.html';
    try {
      const data = await readFile(join(dist, file));
      res.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': process.env.CSP ?? csp, 'X-Content-Type-Options': 'nosniff' });
      res.end(data);
    } catch {
      res.writeHead(404);
      res.end('Not found. Run `npm run build` first.');
    }
    return;
  }
  mock.handle(req, res);
}).listen(port, '127.0.0.1', () => console.log(`Maestro mock on http://127.0.0.1:${port}/ui/ (demo@example.com / demo1234)`));
