import { openShop } from './shop.js';

let shop;

export default {
  async fetch(request, env, context) {
    shop ??= openShop();
    const { fetch } = await shop;
    return fetch(request, env, context);
  },
};
