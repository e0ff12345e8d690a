import { openShop } from './shop.js';

const { fetch } = await openShop();

export default { fetch };
