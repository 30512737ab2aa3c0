import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';

import { messageOf, MonitorError } from '@memory-monitor/core';

/** Answers a request; the result is sent as JSON. A `MonitorError` becomes an error answer with its code. */
export type Route = (parameter: string) => unknown;

/** Routes by the first part of the path; the second part, where there is one, is their parameter. */
export type Routes = Readonly<Record<string, Route>>;

const MOST_CONNECTIONS = 16;
const REQUEST_TIMEOUT_MS = 5000;
/** Read and write for the owner. */
const OWNER_ONLY = 0o600;
const OTHERS_NOTHING = 0o177;

/** The control socket: HTTP and JSON over a Unix socket that only its owner, root, may connect to. */
export class ControlServer {
  readonly #server: Server;
  readonly #routes: Routes;
  readonly #connections = new Set<Socket>();
  #http: Promise<HttpServer> | undefined;

  private constructor(routes: Routes) {
    this.#routes = routes;
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Rejects with a sentence where there can't be one, or where another monitor answers at that path. */
  static async open(path: string, routes: Routes): Promise<ControlServer> {
    if (await answers(path)) {
      throw new Error(`another monitor answers at ${path}, so this one can not be asked`);
    }
    const control = new ControlServer(routes);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    rmSync(path, { force: true });
    await control.#listen(path);
    return control;
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) {
      connection.destroy();
    }
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.once('listening', resolve);
      // The socket comes into being within `listen`, and nobody else may connect from its first moment.
      const before = process.umask(OTHERS_NOTHING);
      try {
        this.#server.listen(path);
      } finally {
        process.umask(before);
      }
    });
    chmodSync(path, OWNER_ONLY);
    this.#server.on('error', () => undefined);
    this.#server.unref();
  }

  /** Node's HTTP server takes memory that a monitor does without until somebody asks. */
  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    socket.on('error', () => undefined);
    this.#http ??= this.#createHttp();
    void this.#http.then((http) => http.emit('connection', socket));
  }

  async #createHttp(): Promise<HttpServer> {
    const { createServer: createHttpServer } = await import('node:http');
    const http = createHttpServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      void this.#answer(request.method, request.url).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
        response.end(`${JSON.stringify(body)}\n`);
      });
    });
    return http;
  }

  async #answer(
    method: string | undefined,
    url: string | undefined,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const [, name = '', parameter = ''] = (url ?? '').split('/');
    const route = Object.hasOwn(this.#routes, name) ? this.#routes[name] : undefined;
    if (method !== 'GET' || route === undefined) {
      const known = Object.keys(this.#routes).map((known) => `GET /${known}`);
      return failure(404, 'MM_ERR_USAGE', `There is no such request; there are ${known.join(', ')}.`);
    }
    try {
      return { status: 200, body: await route(parameter) };
    } catch (error) {
      return error instanceof MonitorError
        ? failure(404, error.code, error.message)
        : failure(500, 'MM_ERR_INTERNAL', messageOf(error));
    }
  }
}

function failure(status: number, code: string, message: string): { status: number; body: unknown } {
  return { status, body: { error: { code, message } } };
}

/** Whether somebody listens there: a socket that a crash has left behind does not answer. */
async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
