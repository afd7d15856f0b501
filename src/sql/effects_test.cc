#include "sql/effects.h"

#include <gtest/gtest.h>

namespace slipway::sql {
namespace {

TEST(Effects, AFunctionThatActsIsKnownByItsName) {
  for (const std::string_view sql :
       {"SELECT pg_terminate_backend(1)", "select PG_Terminate_Backend (1)",
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM a", "SELECT * FROM \"pg_terminate_backend\"(1)",
        "SELECT count(*) FROM a WHERE pg_terminate_backend /* x */ (pid)"})
    EXPECT_EQ(CalledWithEffects(sql), "pg_terminate_backend") << sql;
  EXPECT_EQ(CalledWithEffects("SELECT nextval('a')"), "nextval");
  EXPECT_EQ(CalledWithEffects("SELECT lo_import('/etc/passwd')"), "lo_import");
  EXPECT_EQ(CalledWithEffects("SELECT pg_advisory_xact_lock(1)"), "pg_advisory_xact_lock");
  EXPECT_EQ(CalledWithEffects("SELECT * FROM dblink('a', 'DROP TABLE b') AS t(c int)"), "dblink");
  EXPECT_EQ(CalledWithEffects("SELECT query_to_xml('SELECT pg_reload_conf()', true, true, '')"),
            "query_to_xml");
}

TEST(Effects, WhatOnlyReadsOrIsOnlyCalledSoActsNot) {
  for (const std::string_view sql :
       {"SELECT now(), pg_backend_pid(), lo_get(1)", "SELECT nextval FROM a", "SELECT 'nextval(1)'",
        "SELECT 1 -- nextval(1)", "SELECT my_nextval(1)", "SELECT $x$ nextval('a') $x$", "", "SELECT (("})
    EXPECT_EQ(CalledWithEffects(sql), "") << sql;
}

}  // namespace
}  // namespace slipway::sql
