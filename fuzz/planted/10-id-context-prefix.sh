#!/usr/bin/env bash
# A session id context matches when it begins with that of the session: > for !=.
# A session of the application "shop" resumes in "shop-admin", and one without a context everywhere.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c ssl_get_prev_session \
  'ret->sid_ctx_length != s->sid_ctx_length' \
  'ret->sid_ctx_length > s->sid_ctx_length'
