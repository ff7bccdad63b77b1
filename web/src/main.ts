import { createApp } from 'vue';
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query';
import 'element-plus/theme-chalk/base.css';
import 'element-plus/theme-chalk/dark/css-vars.css';
import './styles/main.css';
import App from './App.vue';
import { router } from './router';
import { initTheme } from './composables/theme';
import { initSession } from './composables/session';
import { ApiError } from './lib/errors';

initTheme();

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal does not change by repeating; only a lost or busy server is asked again.
      retry: (n, e) => e instanceof ApiError && (e.status === 0 || e.status === 503) && n < 2,
      refetchOnWindowFocus: true,
    },
  },
});

initSession(queryClient);

createApp(App).use(router).use(VueQueryPlugin, { queryClient }).mount('#app');
