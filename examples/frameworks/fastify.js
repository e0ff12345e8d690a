import { openFlick } from '@flick/gate/fastify';
import Fastify from 'fastify';
import { addTeas } from './fastify-app.js';
import { settings } from './settings.js';

const flick = await openFlick(settings);
const app = Fastify({ serverFactory: flick.serverFactory });
await app.register(flick.plugin);
addTeas(app);
console.log(`listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })}`);
