import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

/** The browser pages: `dashboard/index.html` is served at `/`, `publisher/index.html` at `/join`; `tokens/` shows the design. */
export default defineConfig({
  root: 'clients',
  base: '/',
  publicDir: 'publisher/public',
  plugins: [preact()],
  build: {
    outDir: '../dist/clients',
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: {
      input: ['dashboard', 'publisher', 'review', 'admin', 'consent', 'api-page', 'tokens'].map(
        (page) => `clients/${page}/index.html`,
      ),
    },
  },
});
