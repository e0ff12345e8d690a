/** The API sent something that is not a well-formed HTTP/1 response. */
export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer';
}
