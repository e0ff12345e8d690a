import ipaddr from 'ipaddr.js';
import * as structuredHeaders from 'structured-headers';
import { takeIpaddr } from './ipaddr.ts';
import { takeStructuredHeaders } from './structured-headers.ts';

/** Has the ladder use the libraries that are bundled with this module: in a bundle there are no folders to look in. */
export function takeBundled(): void {
  takeIpaddr(ipaddr);
  takeStructuredHeaders(structuredHeaders);
}
