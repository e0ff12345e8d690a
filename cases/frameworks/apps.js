/** Apps in frameworks that are installed apart from the workspace: they answer all that comes as a story says. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

/**
 * @param {string} name
 * @returns {Promise<any>}
 */
export function load(name) {
  return import(pathToFileURL(require.resolve(name)).href);
}

/**
 * @param {any} answer
 * @param {any} asked
 */
function listenerOf(answer, asked) {
  return (/** @type {any} */ request, /** @type {any} */ response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
    request.on('end', () => {
      asked({ method: request.method, target: request.url, body: Buffer.concat(chunks).toString('latin1') });
      const { status, fields, body } = answer;
      response.status(status);
      for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
      response.end(body);
    });
  };
}

/**
 * @param {'express' | 'express4'} name
 * @param {any} answer
 * @param {any} asked
 * @param {any} [first]
 */
export async function expressApp(name, answer, asked, first) {
  const { default: express } = await load(name);
  const app = express().set('x-powered-by', false);
  if (first !== undefined) app.use(first);
  app.use(listenerOf(answer, asked));
  return app;
}

/**
 * @param {'express' | 'fastify'} platform
 * @param {any} answer
 * @param {any} asked
 * @param {any} flick
 */
export async function nestApp(platform, answer, asked, flick) {
  await load('reflect-metadata');
  const { All, Controller, Module, Req, Res } = await load('@nestjs/common');
  const { NestFactory } = await load('@nestjs/core');
  const listener = listenerOf(answer, asked);

  class Answers {
    /**
     * @param {any} request
     * @param {any} response
     */
    answer(request, response) {
      if (platform === 'express') listener(request, response);
      else {
        const { status, fields, body } = answer;
        asked({ method: request.method, target: request.url, body: (request.body ?? '').toString('latin1') });
        for (const [name, value] of Object.entries(fields)) response.header(name, value);
        response.code(status).send(body === undefined ? undefined : Buffer.from(body));
      }
    }
  }
  Req()(Answers.prototype, 'answer', 0);
  Res()(Answers.prototype, 'answer', 1);
  All(platform === 'express' ? '*path' : '*')(
    Answers.prototype,
    'answer',
    Object.getOwnPropertyDescriptor(Answers.prototype, 'answer'),
  );
  Controller()(Answers);
  class App {
    title = 'answers';
  }
  Module({ controllers: [Answers] })(App);

  const app = await NestFactory.create(App, await adapterOf(platform, flick), { logger: false, bodyParser: false });
  await app.listen(0, '127.0.0.1');
  return { port: app.getHttpServer().address().port, close: () => app.close() };
}

/**
 * @param {'express' | 'fastify'} platform
 * @param {any} flick
 * @param {Record<string, () => unknown>} routes
 * @param {{ filter?: any, logger: any, httpsOptions?: any }} options
 */
export async function nestRoutes(platform, flick, routes, { filter, ...options }) {
  await load('reflect-metadata');
  const { Controller, Get, Module } = await load('@nestjs/common');
  const { NestFactory } = await load('@nestjs/core');
  const controllers = Object.entries(routes).map(([path, answer]) => {
    class Route {
      answer() {
        return answer();
      }
    }
    Get()(Route.prototype, 'answer', Object.getOwnPropertyDescriptor(Route.prototype, 'answer'));
    Controller(path)(Route);
    return Route;
  });
  class App {
    title = 'routes';
  }
  Module({ controllers })(App);
  const app = await NestFactory.create(App, await plainAdapterOf(platform, flick), options);
  if (filter !== undefined) app.useGlobalFilters(filter);
  await app.listen(0, '127.0.0.1');
  return { port: app.getHttpServer().address().port, close: () => app.close() };
}

/**
 * @param {'express' | 'fastify'} platform
 * @param {any} flick
 */
async function plainAdapterOf(platform, flick) {
  if (platform === 'express') {
    const { ExpressAdapter } = await load('@nestjs/platform-express');
    return flick.adapt(new ExpressAdapter());
  }
  const { FastifyAdapter } = await load('@nestjs/platform-fastify');
  return flick.adapt(new FastifyAdapter({ serverFactory: flick.serverFactory }));
}

/**
 * @param {'express' | 'fastify'} platform
 * @param {any} flick
 */
async function adapterOf(platform, flick) {
  const adapter = await plainAdapterOf(platform, flick);
  if (platform === 'express') return adapter;
  const app = adapter.getInstance();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    (/** @type {any} */ _, /** @type {any} */ bytes, /** @type {any} */ done) => done(null, bytes),
  );
  return adapter;
}
