%% What is asked: the work, how many actors, and how many messages.
-module(peer_task).
-export([parse/1, text/1, digits/1, each/1, with_messages/2, part/2, is_crowd/1, counts/1]).
-include("peer.hrl").

-define(WORKS, ["ping-pong", "counting", "fork-join", "create", "ring", "ring-shuffled", "big", "fan-in", "ask"]).
%% More of anything is a mistake.
-define(MOST, 1000000000).
%% A ring of so many is a crowd by itself: most of its time goes to making it.
-define(CROWD, 100000).

%% With as many messages as every actor can have the same share of, and at least one share.
new(Work, ActorsAsked, Messages) ->
    Actors = case Work of
        _ when Work =:= 'ping-pong'; Work =:= counting; Work =:= ask -> 2;
        create -> max(Messages, 1);
        _ -> max(ActorsAsked, 1)
    end,
    Share = case Work of
        'ping-pong' -> 2;
        big -> 2 * Actors;
        _ when Work =:= 'fork-join'; Work =:= 'fan-in' -> Actors;
        _ -> 1
    end,
    #task{work = Work, actors = Actors, messages = max((Messages + Share - 1) div Share, 1) * Share}.

%% What each does: messages to each in fork-join, of each in fan-in, pings of each in big, round trips in ping-pong; elsewhere all messages.
each(#task{work = Work, actors = Actors, messages = Messages}) ->
    case Work of
        'ping-pong' -> Messages div 2;
        big -> Messages div (2 * Actors);
        _ when Work =:= 'fork-join'; Work =:= 'fan-in' -> Messages div Actors;
        _ -> Messages
    end.

%% The same work with fewer messages; in create also with fewer actors.
with_messages(#task{work = Work, actors = Actors}, Messages) -> new(Work, Actors, Messages).

%% One of so many parts of it: with as many messages less, and of a crowd also as many actors less.
part(#task{work = Work, actors = Actors, messages = Messages} = Task, Parts) ->
    Fewer = case is_crowd(Task) of true -> Actors div Parts; false -> Actors end,
    new(Work, Fewer, Messages div Parts).

is_crowd(#task{work = Work, actors = Actors}) -> (Work =:= ring orelse Work =:= 'ring-shuffled') andalso Actors >= ?CROWD.

%% What is to be counted.
counts(#task{work = Work, actors = Actors} = Task) ->
    Each = each(Task),
    case Work of
        'ping-pong' -> [Each, Each];
        _ when Work =:= counting; Work =:= create -> [Each];
        _ when Work =:= 'fork-join'; Work =:= 'fan-in' -> lists:duplicate(Actors, Each);
        _ when Work =:= ring; Work =:= 'ring-shuffled' -> [Each, (Each - 1) rem Actors];
        big -> lists:duplicate(Actors, Each) ++ [Each * Actors];
        ask -> [Each, Each * (Each + 1) div 2]
    end.

text({memory, Actors}) -> io_lib:format("memory:~b:1", [Actors]);
text({open, Actors, Rate}) -> io_lib:format("open:~b:~b", [Actors, Rate]);
text(#task{work = Work, actors = Actors, messages = Messages}) -> io_lib:format("~s:~b:~b", [Work, Actors, Messages]).

parse(Text) ->
    case string:split(Text, ":", all) of
        [Name, ActorsText, MessagesText] ->
            case {Name, read_size(ActorsText), read_size(MessagesText), lists:member(Name, ?WORKS)} of
                {_, Actors, Messages, _} when Actors =:= none; Messages =:= none -> refuse(Text);
                {"memory", Actors, _, _} -> {memory, Actors};
                {"open", Actors, Rate, _} -> {open, Actors, Rate};
                {_, Actors, Messages, true} -> new(list_to_atom(Name), Actors, Messages);
                _ -> refuse(Text)
            end;
        _ -> refuse(Text)
    end.

refuse(Text) ->
    throw({usage, io_lib:format("got \"~ts\": takes NAME:ACTORS:MESSAGES with a name of ~s, memory or open, and numbers up to ~b",
                                [Text, lists:join(", ", ?WORKS), ?MOST])}).

%% A whole number from 1 with k, M or G behind it.
read_size([]) -> none;
read_size(Text) ->
    {Digits, Factor} = case lists:last(Text) of
        $k -> {lists:droplast(Text), 1000};
        $M -> {lists:droplast(Text), 1000000};
        $G -> {lists:droplast(Text), 1000000000};
        _ -> {Text, 1}
    end,
    case digits(Digits) of
        N when is_integer(N), N >= 1, N * Factor =< ?MOST -> N * Factor;
        _ -> none
    end.

digits(Text) ->
    case Text =/= [] andalso lists:all(fun(Digit) -> Digit >= $0 andalso Digit =< $9 end, Text) of
        true -> list_to_integer(Text);
        false -> none
    end.
