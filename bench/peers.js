/** Sets up the peers that the gate is measured against: apart from the project's own dependencies. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

export const peers = {
  '@fastify/jwt': '10.2.8',
  '@fastify/rate-limit': '11.2.0',
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/platform-express': '12.5.1',
  '@nestjs/platform-fastify': '12.5.0',
  '@stoplight/prism-cli': '5.16.0',
  express: '5.3.0',
  'express-jwt': '8.5.1',
  'express-openapi-validator': '5.6.2',
  'express-rate-limit': '8.7.5',
  fastify: '5.12.8',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
};

const folder = new URL('.peers/', import.meta.url);
const run = promisify(execFile);

/** Installs the peers where they are not yet. Says why they could not be, or nothing. */
export async function setUpPeers() {
  if (Object.entries(peers).every(([name, version]) => installed(name) === version)) return undefined;
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('package.json', folder), JSON.stringify({ private: true, dependencies: peers }));
  try {
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: fileURLToPath(folder),
      timeout: 180_000,
      shell: process.platform === 'win32',
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'npm failed';
  }
}

/** @param {string} name */
function installed(name) {
  const file = new URL(`node_modules/${name}/package.json`, folder);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/**
 * @param {keyof typeof peers} name
 * @returns {Promise<any>}
 */
export function importPeer(name) {
  return import(pathToFileURL(createRequire(folder).resolve(name)).href);
}

/** The version of nginx on this machine; undefined where there is none, or none whose CPU time can be read. */
export async function nginxVersion() {
  if (process.platform !== 'linux') return undefined;
  try {
    const { stderr } = await run('nginx', ['-v']);
    return /nginx\/([\d.]+)/.exec(stderr)?.[1];
  } catch {
    return undefined;
  }
}
