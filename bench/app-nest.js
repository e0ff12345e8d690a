/** A Nest application that checks nothing, on the platform that is named first. With `served` Flick is its server. */
import { openFlick } from '@flick/gate/nest';
import { account, booked } from './answers.js';
import { settings } from './app-settings.js';
import { serveUsage } from './child.js';
import { importPeer } from './peers.js';

const [, , platform, way] = process.argv;
await importPeer('reflect-metadata');
const { Controller, Get, HttpCode, Module, Post } = await importPeer('@nestjs/common');
const { NestFactory } = await importPeer('@nestjs/core');

class Ledger {
  account() {
    return account;
  }
  book() {
    return booked;
  }
}
const methodOf = (/** @type {string} */ name) => Object.getOwnPropertyDescriptor(Ledger.prototype, name);
Get('accounts/:id')(Ledger.prototype, 'account', methodOf('account'));
Post('transfers')(Ledger.prototype, 'book', methodOf('book'));
HttpCode(200)(Ledger.prototype, 'book', methodOf('book'));
Controller()(Ledger);
class App {
  title = 'bench';
}
Module({ controllers: [Ledger] })(App);

const flick = way === 'served' ? await openFlick(settings) : undefined;
const adapter = await adapterOf();
const app = await NestFactory.create(App, flick === undefined ? adapter : flick.adapt(adapter), { logger: false });
await app.listen(0, '127.0.0.1');
const server = app.getHttpServer();
server.keepAliveTimeout = 60_000;
serveUsage(server.address().port);

async function adapterOf() {
  if (platform === 'fastify') {
    const { FastifyAdapter } = await importPeer('@nestjs/platform-fastify');
    return new FastifyAdapter(flick === undefined ? {} : { serverFactory: flick.serverFactory });
  }
  const { ExpressAdapter } = await importPeer('@nestjs/platform-express');
  const express = new ExpressAdapter();
  express.set('etag', false);
  return express;
}
