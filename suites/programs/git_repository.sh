#!/bin/sh
# A repository of 20 commits in the current directory, with what gitweb, cgit and git-http-backend need. Its bytes are
# the same each time.
set -eu
dir=$PWD
# A git hook, and users, may have set these for another repository.
unset $(git rev-parse --local-env-vars) GIT_TEMPLATE_DIR GIT_DEFAULT_HASH GIT_CONFIG_GLOBAL XDG_CONFIG_HOME
export HOME=$dir GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=alice GIT_AUTHOR_EMAIL=alice@example.org
export GIT_COMMITTER_NAME=alice GIT_COMMITTER_EMAIL=alice@example.org
git init --quiet --bare --initial-branch main repo.git
git clone --quiet repo.git checkout
cd checkout
git checkout --quiet -B main
for i in $(seq 10 29); do
  seq $i $((i * 20)) >file$i.txt
  git add .
  GIT_AUTHOR_DATE="2020-01-${i}T00:00:00Z" GIT_COMMITTER_DATE="2020-01-${i}T00:00:00Z" git commit --quiet --message "change $i"
done
git push --quiet origin main
cd ..
git -C repo.git -c pack.threads=1 repack -ad --quiet
git -C repo.git update-server-info
cat >gitweb.conf <<END
\$projectroot = "$dir";
\$site_name = "Git";
\$my_uri = "/";
\$my_url = "http://127.0.0.1/";
\$home_link = "/";
END
want=$(git -C repo.git rev-parse main)
have=$(git -C repo.git rev-parse main~10)
printf '0032want %s\n00000009done\n' "$want" >clone
printf '0032want %s\n00000032have %s\n0009done\n' "$want" "$have" >fetch
printf 'css=/cgit.css\ncache-size=0\nrepo.url=repo\nrepo.path=%s\n' "$dir/repo.git" >cgitrc
chmod -R a+rX .
