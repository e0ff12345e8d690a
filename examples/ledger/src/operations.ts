// The types of Ledger 2.0.0, written by flick types. Change the contract, not this file.

/** `GET /health` */
export interface GetHealth {
    responses: {
        200: {
            status: "up";
        };
        405: Problem;
        500: Problem;
    };
    responseItems: Record<string, never>;
}

/** `GET /rates` */
export interface GetRate {
    query: {
        from: Currency;
        to: Currency;
    };
    responses: {
        200: {
            from: Currency;
            to: Currency;
            rate: number;
        };
        400: Problem;
        405: Problem;
        500: Problem;
    };
    responseItems: Record<string, never>;
}

/** `POST /users` */
export interface SignUp {
    body: LoginBody;
    responses: {
        201: Session;
        400: Problem;
        405: Problem;
        408: Problem;
        409: Problem;
        429: Problem;
        500: Problem;
    };
    responseHeaders: {
        201: {
            "Set-Cookie"?: string | readonly string[];
        };
        429: {
            "Retry-After"?: number | `${number}`;
        };
    };
    responseItems: Record<string, never>;
}

/** `POST /session` */
export interface LogIn {
    body: LoginBody;
    responses: {
        200: Session;
        400: Problem;
        401: Problem;
        405: Problem;
        408: Problem;
        429: Problem;
        500: Problem;
    };
    responseHeaders: {
        200: {
            "Set-Cookie"?: string | readonly string[];
        };
        429: {
            "Retry-After"?: number | `${number}`;
        };
    };
    responseItems: Record<string, never>;
}

/** `DELETE /session` */
export interface LogOut {
    responses: {
        204: undefined;
        401: Problem;
        405: Problem;
        500: Problem;
    };
    responseHeaders: {
        204: {
            "Set-Cookie"?: string | readonly string[];
        };
    };
    responseItems: Record<string, never>;
}

/** `GET /accounts` */
export interface ListAccounts {
    query: {
        limit: number;
        cursor?: AccountId;
        currencies?: Currency[];
    };
    responses: {
        200: {
            accounts: Account[];
            /** @description The `cursor` of the next page; absent on the last. */
            next?: AccountId;
        };
        400: Problem;
        401: Problem;
        405: Problem;
        429: Problem;
        500: Problem;
    };
    responseHeaders: {
        429: {
            "Retry-After"?: number | `${number}`;
        };
    };
    responseItems: Record<string, never>;
}

/** `POST /accounts` */
export interface OpenAccount {
    body: {
        name: string;
        currency: Currency;
        /**
         * @description Play money to begin with.
         * @default 0
         */
        deposit: number;
    };
    responses: {
        201: Account;
        400: Problem;
        401: Problem;
        405: Problem;
        408: Problem;
        429: Problem;
        500: Problem;
    };
    responseHeaders: {
        201: {
            Location?: string | readonly string[];
        };
        429: {
            "Retry-After"?: number | `${number}`;
        };
    };
    responseItems: Record<string, never>;
}

/** `GET /accounts/{account_id}` */
export interface GetAccount {
    params: {
        account_id: AccountId;
    };
    headers: {
        "if-none-match"?: string;
    };
    responses: {
        200: Account;
        304: undefined;
        400: Problem;
        401: Problem;
        404: Problem;
        405: Problem;
        500: Problem;
    };
    responseHeaders: {
        200: {
            ETag?: string | readonly string[];
        };
    };
    responseItems: Record<string, never>;
}

/** `GET /accounts/{account_id}/transfers` */
export interface ListTransfers {
    params: {
        account_id: AccountId;
    };
    query: {
        limit: number;
        cursor?: TransferId;
    };
    responses: {
        200: {
            transfers: Transfer[];
            /** @description The `cursor` of the next page; absent on the last. */
            next?: TransferId;
        };
        400: Problem;
        401: Problem;
        404: Problem;
        405: Problem;
        500: Problem;
    };
    responseItems: Record<string, never>;
}

/** `POST /transfers` */
export interface CreateTransfer {
    headers: {
        "idempotency-key": string;
    };
    body: NewTransfer;
    responses: {
        200: Transfer;
        201: Transfer;
        400: Problem;
        401: Problem;
        404: Problem;
        405: Problem;
        408: Problem;
        409: Problem;
        500: Problem;
    };
    responseHeaders: {
        201: {
            Location?: string | readonly string[];
        };
    };
    responseItems: Record<string, never>;
}

/** `GET /transfers/{transfer_id}` */
export interface GetTransfer {
    params: {
        transfer_id: TransferId;
    };
    responses: {
        200: Transfer;
        400: Problem;
        401: Problem;
        404: Problem;
        405: Problem;
        500: Problem;
    };
    responseItems: Record<string, never>;
}

/** `GET /drills/crash` */
export interface Crash {
    responses: {
        200: unknown;
        401: Problem;
        405: Problem;
        500: Problem;
    };
    responseItems: Record<string, never>;
}

/** `GET /drills/hang` */
export interface Hang {
    responses: {
        200: unknown;
        401: Problem;
        405: Problem;
        500: Problem;
    };
    responseItems: Record<string, never>;
}

/** The types of each operation, by the name of its handler. */
export interface Operations {
    getHealth: GetHealth;
    getRate: GetRate;
    signUp: SignUp;
    logIn: LogIn;
    logOut: LogOut;
    listAccounts: ListAccounts;
    openAccount: OpenAccount;
    getAccount: GetAccount;
    listTransfers: ListTransfers;
    createTransfer: CreateTransfer;
    getTransfer: GetTransfer;
    crash: Crash;
    hang: Hang;
}

/** RFC 9457. */
export interface Problem {
    /** Format: uri-reference */
    type: string;
    title: string;
    status: number;
    detail?: string;
    /** Format: uri-reference */
    instance?: string;
    request_id?: string;
    reason?: string;
    errors?: Record<string, unknown>[];
}

export type Currency = "EUR" | "USD" | "GBP" | "CHF";

export interface LoginBody {
    name: UserName;
    password: string;
    /**
     * @description How the session is handed over.
     * @default token
     */
    as: "token" | "cookie";
    /**
     * @description What the session may do; all by default.
     * @default [
     *       "accounts:read",
     *       "accounts:write",
     *       "transfers:write"
     *     ]
     */
    scopes: Scope[];
    /**
     * @description Seconds until the session's end, however much it is used.
     * @default 43200
     */
    lifetime: number;
}

export interface Session {
    name: UserName;
    /** @description The session, where it was asked for as a token. */
    token?: string;
    scopes: Scope[];
    /** Format: date-time */
    ends: string;
}

export type AccountId = string;

export interface Account {
    id: AccountId;
    name: string;
    currency: Currency;
    balance: number;
    /** Format: date-time */
    opened: string;
}

export type TransferId = string;

export interface Transfer {
    id: TransferId;
    from: AccountId;
    to: AccountId;
    amount: Amount;
    reference?: string;
    status: "booked";
    /** Format: date-time */
    created: string;
}

export interface NewTransfer {
    from: AccountId;
    to: AccountId;
    amount: Amount;
    reference?: string;
}

export type UserName = string;

export type Scope = "accounts:read" | "accounts:write" | "transfers:write";

/** In the smallest unit of the currency. */
export type Amount = number;
