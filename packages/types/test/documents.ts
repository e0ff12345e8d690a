/** OpenAPI 3.1: parameters of all places, bodies and answers of many kinds, members of one direction. */
export const teas = `
openapi: 3.1.0
info: { title: Teas, version: 1.0.0 }
paths:
  /teas/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: integer }, description: Which tea. }
      - { name: X-Trace, in: header, schema: { type: string } }
    get:
      operationId: getTea
      parameters:
        - { name: limit, in: query, schema: { type: integer, default: 10 } }
        - { name: kind, in: query, schema: { enum: [green, black, null] } }
        - { name: filter, in: query, style: deepObject, schema: { type: object, properties: { by: { type: string, default: name }, not: { type: string } } } }
        - { name: theme, in: cookie, required: true, schema: { const: dark } }
      responses:
        '200': { description: Tea., content: { application/json: { schema: { $ref: '#/components/schemas/tea' } } } }
        '304': { description: The same. }
        4XX: { description: None., content: { application/problem+json: { schema: { $ref: '#/components/schemas/Error' } } } }
        default: { description: Else., content: { text/plain: { schema: { type: string } } } }
    put:
      operationId: tea/put
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/tea' } }
          application/octet-stream: {}
      responses: { '204': { description: Done. } }
    delete:
      responses: { '204': { description: Done. }, '404': { description: None. } }
  /uploads:
    post:
      operationId: upload
      requestBody:
        content:
          multipart/form-data:
            schema:
              type: object
              required: [file, note]
              properties:
                file: { type: string, contentMediaType: image/png }
                more: { type: array, items: { type: string, format: binary } }
                note: { type: string }
      responses:
        '201': { description: Kept., content: { image/png: {} } }
        '202': { description: Soon., content: { text/event-stream: { schema: { type: string } } } }
  /pets:
    post:
      operationId: addPet
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
      responses:
        '201': { description: Kept., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
components:
  schemas:
    tea:
      description: What is in the cup.
      type: object
      required: [id, name, secret]
      properties:
        id: { type: integer, readOnly: true }
        name: { type: string }
        secret: { type: string, writeOnly: true }
        strength: { type: integer, default: 3, description: In spoons. }
        note: { type: [string, 'null'] }
        parent: { $ref: '#/components/schemas/tea' }
      additionalProperties: { type: number }
    Error:
      type: object
      required: [status]
      properties: { status: { type: integer }, tags: { type: object, additionalProperties: { type: string } }, free: { type: object } }
    Pet:
      oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }]
      discriminator: { propertyName: kind, mapping: { cat: '#/components/schemas/Cat' } }
    Cat: { type: object, required: [kind, lives], properties: { kind: { type: string }, lives: { type: integer } } }
    Dog:
      allOf:
        - { type: object, required: [kind], properties: { kind: { type: string }, barks: { type: boolean } } }
        - { required: [barks] }
`;

/** OpenAPI 3.0: nullable, allOf with what it requires, a schema that is made of itself. */
export const legacy = `
openapi: 3.0.3
info: { title: Legacy, version: '1' }
paths:
  /things:
    get:
      operationId: list-things
      responses:
        '200':
          description: All.
          content:
            application/json:
              schema: { type: array, items: { $ref: '#/components/schemas/Thing' } }
    post:
      operationId: addThing
      requestBody:
        content:
          application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/NewThing' } }
          application/xml: { schema: { type: string } }
      responses: { '200': { description: Any., content: { '*/*': { schema: { $ref: '#/components/schemas/Thing' } } } } }
components:
  schemas:
    Thing:
      nullable: true
      allOf:
        - { $ref: '#/components/schemas/NewThing' }
        - { type: object, properties: { id: { type: string, readOnly: true } }, required: [id] }
      oneOf: [{ $ref: '#/components/schemas/SubThing' }]
      required: [size]
    NewThing:
      type: object
      properties:
        size: { type: string, enum: [s, m], nullable: true }
        pair: { type: array, items: { type: number }, nullable: true }
        colour: { type: string, default: red }
    SubThing:
      allOf: [{ $ref: '#/components/schemas/Thing' }, { type: object, properties: { sub: { type: boolean } } }]
`;

/** OpenAPI 3.2: the whole query as one parameter, a method of its own, tuples and patterns. */
export const latest = `
openapi: 3.2.0
info: { title: "Latest */", version: '2' }
paths:
  /search:
    query:
      operationId: search
      requestBody: { required: true, content: { application/json: {} } }
      responses: { default: { description: Any. } }
    get:
      operationId: class
      parameters:
        - { name: q, in: querystring, required: true, content: { application/json: { schema: { type: object, required: [a], properties: { a: { type: string } } } } } }
      responses:
        '200':
          description: Pairs.
          content:
            application/json:
              schema:
                type: array
                items: { $ref: '#/components/schemas/Operations' }
components:
  schemas:
    Operations:
      type: array
      prefixItems: [{ type: string }, { $ref: '#/components/schemas/Patterned' }, { type: [integer, boolean] }]
      items: false
    Patterned: { type: object, patternProperties: { '^x-': { type: string } }, additionalProperties: false }
`;
