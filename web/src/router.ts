import { createRouter, createWebHistory } from 'vue-router';
import { loadSession, user } from './composables/session';
import { KINDS } from './lib/kinds';

declare module 'vue-router' {
  interface RouteMeta {
    title?: string;
    public?: boolean;
    entity?: string;
  }
}

const List = () => import('./pages/EntityListPage.vue');
const One = () => import('./pages/EntityOnePage.vue');
const New = () => import('./pages/EntityNewPage.vue');
/** Kinds whose form is a page of their own. */
const OWN_FORM = ['connections', 'datacenters'];

function entity(name: string, title: string) {
  return [
    { path: `/${name}`, name, component: List, meta: { title, entity: name } },
    { path: `/${name}/:id`, name: `${name}-one`, component: One, props: true, meta: { entity: name } },
  ];
}

export const router = createRouter({
  history: createWebHistory('/ui/'),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  routes: [
    { path: '/login', name: 'login', component: () => import('./pages/LoginPage.vue'), meta: { title: 'Log in', public: true } },
    { path: '/signup', name: 'signup', component: () => import('./pages/SignupPage.vue'), meta: { title: 'Create account', public: true } },
    { path: '/forgot', name: 'forgot', component: () => import('./pages/ForgotPage.vue'), meta: { title: 'Forgot password', public: true } },
    { path: '/recover', name: 'recover', component: () => import('./pages/RecoverPage.vue'), meta: { title: 'New password', public: true } },
    { path: '/', name: 'home', component: () => import('./pages/HomePage.vue'), meta: { title: 'Overview' } },
    { path: '/datacenters/new', name: 'datacenters-new', component: () => import('./pages/DatacenterNewPage.vue'), meta: { title: 'New datacenter' } },
    ...KINDS.filter((k) => k.byHand !== false && !OWN_FORM.includes(k.path)).map((k) => ({
      path: `/${k.path}/new`, name: `${k.path}-new`, component: New, meta: { title: 'New', entity: k.path },
    })),
    // After the forms: /datacenters/new is no datacenter.
    ...KINDS.filter((k) => k.path !== 'connections').flatMap((k) => entity(k.path, k.label)),
    { path: '/connections', name: 'connections', component: () => import('./pages/ConnectionsPage.vue'), meta: { title: 'Connections' } },
    { path: '/connections/new', name: 'connections-new', component: () => import('./pages/ConnectionNewPage.vue'), meta: { title: 'New connection' } },
    { path: '/connections/:id', name: 'connections-one', component: () => import('./pages/ConnectionPage.vue'), props: true },
    { path: '/connections/:id/edit', name: 'connections-edit', component: () => import('./pages/ConnectionEditPage.vue'), props: true, meta: { title: 'Edit connection' } },
    { path: '/history', name: 'history', component: () => import('./pages/HistoryPage.vue'), meta: { title: 'History' } },
    { path: '/api', name: 'api', component: () => import('./pages/ApiPage.vue'), meta: { title: 'API', public: true } },
    { path: '/account', name: 'account', component: () => import('./pages/AccountPage.vue'), meta: { title: 'Account' } },
    { path: '/profile', redirect: '/account' },
    { path: '/administration', name: 'administration', component: () => import('./pages/AdministrationPage.vue'), meta: { title: 'Administration' } },
    { path: '/:rest(.*)*', name: 'missing', component: () => import('./pages/NotFoundPage.vue'), meta: { title: 'Page not found', public: true } },
  ],
});

router.beforeEach(async (to) => {
  let known = user.value;
  if (known === undefined) {
    try {
      known = await loadSession();
    } catch {
      // The server cannot be reached: show the page, whose own error state offers a retry.
      return true;
    }
  }
  if (!known && !to.meta.public) return { name: 'login', query: { next: to.fullPath } };
  if (known && (to.name === 'login' || to.name === 'signup')) return safeNext(to.query.next);
  return true;
});

router.afterEach((to, from) => {
  if (to.meta.title) document.title = `${to.meta.title} · Maestro`;
  // A new page: the keyboard and screen readers start at its content, unless a form of it has the focus already.
  if (from.matched.length && to.path !== from.path) {
    requestAnimationFrame(() => {
      const main = document.getElementById('main');
      if (main && !(main !== document.activeElement && main.contains(document.activeElement))) main.focus({ preventScroll: true });
    });
  }
});

/** Only paths inside this application. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/';
}
