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

/** OpenAPI 3.2: header fields of answers, and streams of items. */
export const answers = `
openapi: 3.2.0
info: { title: Answers, version: '1' }
paths:
  /teas:
    get:
      operationId: listTeas
      responses:
        '200':
          description: A line each.
          content: { application/jsonl: { itemSchema: { $ref: '#/components/schemas/Tea' } } }
        '404': { description: None., content: { application/json: { schema: { $ref: '#/components/schemas/Tea' } } } }
    post:
      operationId: addTea
      responses:
        '201':
          description: Kept.
          headers:
            Location: { required: true, schema: { type: string } }
            X-Age: { schema: { type: integer, description: In days. } }
            x-grade: { schema: { enum: [a, 1, null] } }
            X-Flags: { schema: { type: array, items: { type: integer } } }
            X-Hot: { schema: { type: boolean } }
            X-Point: { schema: { type: object, properties: { x: { type: number } } } }
            X-Json: { content: { application/json: { schema: { type: object } } } }
            X-Kind: { schema: { $ref: '#/components/schemas/Kind' } }
            X-Either: { schema: { oneOf: [{ const: none }, { type: number }] } }
            X-Both: { schema: { allOf: [{ type: string }] } }
            X-Gone: { schema: { $ref: '#/components/schemas/Gone' } }
            RateLimit: { required: true, schema: { type: string } }
            X-Request-Id: { required: true, schema: { type: string } }
            Content-Length: { required: true, schema: { type: integer } }
          content: { application/json: { schema: { $ref: '#/components/schemas/Tea' } } }
        '401': { description: Who?, headers: { WWW-Authenticate: { required: true, schema: { type: string } } } }
        4XX: { description: No., headers: { X-Why: { required: true, schema: { type: string } } } }
        default: { description: Else., content: { application/json: { schema: { type: string } } } }
  /teas/{id}:
    get:
      operationId: getTea
      responses:
        '200':
          description: Tea.
          headers: { Age: { schema: { type: integer } }, Link: { schema: { type: string } } }
          content: { application/json: { schema: { $ref: '#/components/schemas/Tea' } } }
    delete:
      operationId: dropTea
      responses: { '204': { description: Gone., headers: { ETag: { required: true, schema: { type: string } } } } }
  /news:
    get:
      operationId: getNews
      responses:
        '200': { description: As it comes., content: { text/event-stream: { itemSchema: { $ref: '#/components/schemas/News' } } } }
  /steps:
    get:
      operationId: getSteps
      responses:
        '200':
          description: One after the other.
          content:
            text/event-stream:
              itemSchema:
                type: object
                required: [event]
                properties: { event: { type: string }, data: { type: string }, id: { type: integer } }
                oneOf:
                  - properties: { event: { const: begun } }
                  - properties: { event: { const: at }, data: { contentMediaType: application/json, contentSchema: { $ref: '#/components/schemas/Tea' } } }
  /poured:
    get:
      operationId: getPoured
      responses:
        '200': { description: Teas., content: { text/event-stream: { itemSchema: { $ref: '#/components/schemas/Tea' } } } }
  /words:
    get:
      operationId: getWords
      responses:
        '200': { description: Words., content: { application/json-seq: { itemSchema: { type: [string, integer] } } } }
        '202': { description: Whatever comes., content: { application/x-ndjson: {}, application/json: {} } }
        '203': { description: What the handler says., content: { 'text/*': { schema: { type: string } } } }
components:
  schemas:
    Kind: { enum: [green, black] }
    Tea: { type: object, required: [id, kind], properties: { id: { type: integer }, kind: { $ref: '#/components/schemas/Kind' } } }
    News: { oneOf: [{ $ref: '#/components/schemas/Poured' }, { $ref: '#/components/schemas/Over' }] }
    Poured: { type: object, required: [event, data], properties: { event: { const: poured }, id: { type: string }, data: { $ref: '#/components/schemas/Tea' } } }
    Over: { type: object, required: [data], additionalProperties: false, properties: { data: { const: over } } }
`;
