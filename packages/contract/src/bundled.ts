export { takeBundled } from '@flick/schema/bundled';
