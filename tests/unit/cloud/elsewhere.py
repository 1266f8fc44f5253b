"""404s that are no word of the cloud's own: a wrong address, a gateway that knows no such path, a proxy's page."""

from typing import Final

ELSEWHERE: Final = (
    "",
    "<html>no such page</html>",
    "{}",
    '{"message":"Not Found"}',
    '{"code":404,"message":"Not Found"}',
    '{"code":"40410"}',
)
